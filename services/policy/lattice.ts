/**
 * The algebra every part of a policy obeys. A value says what is *taken away*; an absent value takes nothing (top).
 *
 * For all a, b, c in canonical form: meet(a, b) = meet(b, a); meet(a, meet(b, c)) = meet(meet(a, b), c); meet(a, a) = a;
 * below(meet(a, b), a). `below` may miss an order that only meaning shows; it never claims one that is not there.
 */
export interface Lattice<T> {
  /** The narrowest that both sides allow, in canonical form. */
  meet(a: T, b: T): T;
  /** a ⊑ b: a allows nothing that b does not allow. */
  below(a: T, b: T): boolean;
}

/** A lattice of sets, with the one spelling that equal sets share. */
export interface SetLattice<T> extends Lattice<readonly T[]> {
  readonly canonical: (members: readonly T[]) => readonly T[];
}

/** Where the later of a fixed row is the stricter. */
export function chain<const T extends string>(weakestFirst: readonly T[]): Lattice<T> {
  const rank = (value: T) => weakestFirst.indexOf(value);
  return { meet: (a, b) => (rank(a) >= rank(b) ? a : b), below: (a, b) => rank(a) >= rank(b) };
}

/** Where the smaller number is the stricter. */
export const LEAST: Lattice<number> = { meet: (a, b) => Math.min(a, b), below: (a, b) => a <= b };

/** Present or not. */
export const FLAG: Lattice<true> = { meet: () => true, below: () => true };

/**
 * A set of restrictions that all hold: the meet is the union, less what another member already says.
 * `covers(a, b)`: a takes away at least what b takes away; antisymmetric on canonical members.
 * `name` tells members apart and orders them.
 */
export function restrictions<T>(covers: (a: T, b: T) => boolean, name: (member: T) => string): SetLattice<T> {
  const canonical = (members: readonly T[]): readonly T[] => {
    const named = new Map<string, T>();
    for (const member of members) named.set(name(member), member);
    const all = [...named.values()];
    const kept = all.filter((member) => !all.some((other) => other !== member && covers(other, member)));
    return kept.sort((a, b) => (name(a) < name(b) ? -1 : 1));
  };
  return {
    canonical,
    meet: (a, b) => canonical([...a, ...b]),
    below: (a, b) => b.every((member) => a.some((other) => covers(other, member))),
  };
}

/**
 * A set of permissions of which one is enough: the meet keeps what both sides permit.
 * `both(a, b)` is what two members permit in common, if anything; `covers(a, b)`: a permits at least what b permits.
 */
export function permissions<T>(
  both: (a: T, b: T) => T | undefined,
  covers: (a: T, b: T) => boolean,
  name: (member: T) => string,
): SetLattice<T> {
  const { canonical } = restrictions(covers, name);
  return {
    canonical,
    meet: (a, b) =>
      canonical(
        a.flatMap((left) =>
          b
            .map((right) => both(left, right))
            .filter((member): member is NonNullable<typeof member> => member !== undefined),
        ),
      ),
    below: (a, b) => a.every((member) => b.some((other) => covers(other, member))),
  };
}
