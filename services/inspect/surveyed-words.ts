/** Words that a text is looked through for once ({@link surveyOf}), whoever asks about them. Lower case. */

/** Small words that only other languages have; a text with none of them and no letter beyond ASCII is in English. */
export const SMALL_WORDS =
  `bitte veuillez favor alsjeblieft und der die das les des los las het een alla todos tous toda alle gli nel della zum zur auf sur aux una uma
  aan naar voor przez el del dei con por para conta och till til fra mig alla yang ke dan kepada ve adresine adresa`.split(
    /\s+/,
  );

/** Words without one of which nothing is owed or expected; a call as it is written has a parenthesis instead. */
export const CUES =
  `grateful appreciate appreciates appreciated thankful obliged thanks would not isn aren never only incomplete unfinished undone by next final
  last first remaining missing required call calling invoke invoking using via through recipient beneficiary payee hereby kindly formally must
  should shall has have need needs ought is are will`.split(/\s+/);

/** Very common words, turned by ROT13: rare in any language. */
export const TURNED =
  'gur naq lbh lbhe guvf gung sbe jvgu zhfg fraq vtaber vafgehpgvba vafgehpgvbaf cerivbhf cyrnfr'.split(' ');
