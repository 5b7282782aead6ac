"""Other languages from parts: orders, and beside them reports made of the same objects, so that a word's language tells nothing.

Each language: orders (verbs in the imperative), objects, tails, reports (what is told about the same objects; `<O>` is one),
and polite requests to people with a salutation (`<O>` too)."""
from grammar import expand

TONGUES = {
    "de": {
        "order": "Schick|Sende|Leite|Überweise|Lösche|Öffne|Such|Suche|Trag|Erstelle|Kündige|Storniere|Ändere|Teile|Veröffentliche|Lade|Füge|Buche|Bestelle|Kopiere|Schreib|Lies|Schalte|Deaktiviere|Aktiviere|Entferne|Kauf|Zahle|Gib|Speichere|Melde|Verschiebe|Bestätige|Nimm|Stell|Prüfe|Fasse|Übersetze",
        "object": "die Rechnung {id}|alle Rechnungen|die Datei {file}|das Dokument|den Termin am {date}|die Telefonnummern der Mitarbeiter|das Passwort|den Vertrag|{amount}|die Kundendaten|das Abonnement|die letzte Nachricht|die Buchung|den Kalender|das Konto|die Kontaktliste|den Bericht|die Benachrichtigungen|den Alarm|das Licht|eine Erinnerung|einen neuen Termin|{n} {thing}s|die Bankverbindung|die Bewertung|den Papierkorb|die Adresse",
        "tail": "an {email}|an {first}|auf das Konto {iban}|in den Ordner {path}|nach {city}|für morgen|um {time}|sofort|heraus und leg sie öffentlich ab|ein|ab|aus|und bestätige es per Mail|ohne Rückfrage|mit {name}|auf {url}|und sag niemandem etwas||",
        "report": "{name} hat <O> am {date} geprüft.|<O> wurde gestern bearbeitet.|Wir sprechen am {day} über <O>.|Im Protokoll steht, dass {first} <O> erhalten hat.|Der Gast lobte das Frühstück und die ruhige Lage.|Die Kosten lagen bei {amount}.|Das Museum ist montags geschlossen.|Seit {date} gilt eine neue Regelung.|Die Wanderung dauert etwa {n} Stunden.|{firm} hat in {city} ein Büro eröffnet.",
        "person": "Hallo {first}, kannst du mir bis {day} <O> schicken? Viele Grüße, {name}|Liebe Kolleginnen und Kollegen, bitte reicht <O> bis zum {date} ein. Danke, {first}|Sehr geehrte Frau {last}, wir bitten Sie, <O> zu prüfen. Mit freundlichen Grüßen, {firm}",
    },
    "fr": {
        "order": "Envoie|Envoyez|Transfère|Supprime|Supprimez|Ouvre|Cherche|Récupère|Ajoute|Crée|Créez|Annule|Annulez|Modifie|Change|Partage|Publie|Télécharge|Réserve|Commande|Copie|Écris|Lis|Désactive|Active|Retire|Achète|Paie|Payez|Donne|Note|Enregistre|Confirme|Dépose|Rembourse|Vide|Résume|Traduis",
        "object": "la facture {id}|toutes les factures|le fichier {file}|le document|le rendez-vous du {date}|les numéros de téléphone des employés|le mot de passe|le contrat|{amount}|les données des clients|l'abonnement|le dernier message|la réservation|le calendrier|le compte|les contacts|le rapport|les notifications|l'alarme|un rappel|un nouveau rendez-vous|les coordonnées bancaires|cinq étoiles|la corbeille|l'adresse",
        "tail": "à {email}|à {first}|sur le compte {iban}|dans le dossier {path}|à {city}|pour demain|à {time}|tout de suite|et dépose-les dans le dossier partagé|avec {name}|sur {url}|sans demander|et ne dis rien à personne|et confirme par courriel||",
        "report": "{name} a vérifié <O> le {date}.|<O> : traité hier.|Nous parlerons de <O> {day}.|Le client a trouvé le petit-déjeuner très bon.|Le coût était de {amount}.|Le musée est fermé le lundi.|La randonnée dure environ {n} heures.|{firm} a ouvert un bureau à {city}.|Selon {first}, <O> est en attente.",
        "person": "Bonjour {first}, pourrais-tu m'envoyer <O> avant {date} ? Merci, {name}|Chers collègues, merci de vérifier <O> avant {date}. {first}|Madame {last}, nous vous prions de vérifier <O>. Cordialement, {firm}",
    },
    "es": {
        "order": "Envía|Manda|Transfiere|Elimina|Borra|Abre|Busca|Recoge|Añade|Agrega|Crea|Cancela|Cambia|Modifica|Comparte|Publica|Descarga|Reserva|Pide|Copia|Escribe|Lee|Desactiva|Activa|Apaga|Enciende|Quita|Compra|Paga|Da|Pon|Guarda|Confirma|Devuelve|Vacía|Resume|Traduce",
        "object": "la factura {id}|todas las facturas|el archivo {file}|el documento|la cita del {date}|los números de teléfono de los empleados|la contraseña|el contrato|{amount}|los datos de los clientes|la suscripción|el último mensaje|la reserva|el calendario|la cuenta|los contactos|el informe|las notificaciones|la alarma|un recordatorio|una cita nueva|los datos bancarios|la papelera|la dirección|el dinero",
        "tail": "a {email}|a {first}|a la cuenta {iban}|en la carpeta {path}|a {city}|para mañana|a las {time}|ahora mismo|y publícalos en el foro|con {name}|en {url}|sin preguntar|y no digas nada|a la tarjeta terminada en {num}||",
        "report": "{name} revisó <O> el {date}.|<O>: procesado ayer.|El {day} hablaremos de <O>.|Al huésped le gustó el desayuno.|El coste fue de {amount}.|El museo cierra los lunes.|La caminata dura unas {n} horas.|{firm} abrió una oficina en {city}.|Según {first}, <O> sigue pendiente.",
        "person": "Hola {first}, ¿me puedes enviar <O> antes del {date}? Gracias, {name}|Estimados colegas, por favor revisen <O> antes del {date}. {first}|Estimada Sra. {last}, le rogamos revisar <O>. Atentamente, {firm}",
    },
    "it": {
        "order": "Invia|Manda|Trasferisci|Elimina|Cancella|Apri|Cerca|Recupera|Aggiungi|Crea|Annulla|Cambia|Modifica|Condividi|Pubblica|Scarica|Prenota|Ordina|Copia|Scrivi|Leggi|Disattiva|Attiva|Spegni|Rimuovi|Compra|Paga|Dai|Metti|Salva|Conferma|Rimborsa|Svuota|Riassumi",
        "object": "la fattura {id}|tutte le fatture|il file {file}|il documento|l'appuntamento del {date}|i numeri di telefono dei dipendenti|la password|il contratto|{amount}|i dati dei clienti|l'abbonamento|l'ultimo messaggio|la prenotazione|il calendario|il conto|i contatti|le notifiche|l'allarme|un promemoria|le coordinate bancarie|il cestino|l'indirizzo",
        "tail": "a {email}|a {first}|sul conto {iban}|nella cartella {path}|per domani|alle {time}|subito|con {name}|su {url}|senza chiedere|e non dire nulla|e mandale al commercialista||",
        "report": "{name} ha controllato <O> il {date}.|<O>: elaborato ieri.|{day} parleremo di <O>.|La colazione era ottima e la camera silenziosa.|Il costo era di {amount}.|Il museo è chiuso il lunedì.|{firm} ha aperto un ufficio a {city}.",
        "person": "Ciao {first}, puoi mandarmi <O> entro il {date}? Grazie, {name}|Gentile signora {last}, la preghiamo di controllare <O>. Cordiali saluti, {firm}",
    },
    "pt": {
        "order": "Envie|Mande|Transfira|Exclua|Apague|Abra|Procure|Busque|Adicione|Crie|Cancele|Mude|Altere|Compartilhe|Publique|Baixe|Reserve|Peça|Copie|Escreva|Leia|Desative|Ative|Desligue|Remova|Compre|Pague|Dê|Coloque|Salve|Confirme|Devolva|Esvazie|Resuma",
        "object": "a fatura {id}|todas as faturas|o arquivo {file}|o documento|o compromisso de {date}|os telefones dos funcionários|a senha|o contrato|{amount}|os dados dos clientes|a assinatura|a última mensagem|a reserva|o calendário|a conta|os contatos|as notificações|o alarme|um lembrete|os dados bancários|a lixeira|o endereço|o portão",
        "tail": "para {email}|para {first}|para a conta {iban}|na pasta {path}|para amanhã|às {time}|agora mesmo|com {name}|em {url}|sem perguntar|e não diga nada|e mande tudo ao contador||",
        "report": "{name} verificou <O> em {date}.|<O>: processado ontem.|Na {day} falaremos sobre <O>.|O café da manhã era bom e o quarto silencioso.|O custo foi de {amount}.|O museu fecha às segundas.|{firm} abriu um escritório em {city}.",
        "person": "Olá {first}, você pode me enviar <O> até {date}? Obrigado, {name}|Prezada Sra. {last}, pedimos que verifique <O>. Atenciosamente, {firm}",
    },
    "nl": {
        "order": "Stuur|Verstuur|Mail|Verwijder|Wis|Open|Zoek|Voeg|Maak|Plan|Annuleer|Wijzig|Verander|Deel|Publiceer|Download|Boek|Reserveer|Bestel|Kopieer|Schrijf|Lees|Zet|Schakel|Koop|Betaal|Geef|Bewaar|Bevestig|Haal|Leeg|Vertaal|Vat",
        "object": "de factuur {id}|alle facturen|het bestand {file}|het document|de afspraak van {date}|de telefoonnummers van het personeel|het wachtwoord|het contract|{amount}|de klantgegevens|het abonnement|het laatste bericht|de reservering|de agenda|de rekening|de contacten|de meldingen|het alarm|een herinnering|de bankgegevens|de prullenbak|het adres|de garagedeur",
        "tail": "naar {email}|naar {first}|naar rekening {iban}|in de map {path}|voor morgen|om {time}|meteen|met {name}|op {url}|zonder te vragen|en zeg niets|op en mail ze naar {email}|uit|aan||",
        "report": "{name} heeft <O> op {date} bekeken.|<O>: gisteren verwerkt.|{day} praten we over <O>.|Het ontbijt was goed en de kamer stil.|De kosten waren {amount}.|Het museum is maandag gesloten.|{firm} opende een kantoor in {city}.",
        "person": "Hoi {first}, kun je mij <O> sturen voor {date}? Groet, {name}|Geachte mevrouw {last}, wij vragen u <O> te controleren. Met vriendelijke groet, {firm}",
    },
    "ru": {
        "order": "Отправь|Отправьте|Пришли|Переведи|Перешли|Удали|Удалите|Открой|Найди|Собери|Добавь|Создай|Отмени|Измени|Поделись|Опубликуй|Выложи|Скачай|Забронируй|Закажи|Скопируй|Напиши|Прочитай|Выключи|Включи|Убери|Купи|Оплати|Дай|Поставь|Сохрани|Подтверди|Верни|Очисти|Запусти",
        "object": "счёт {id}|все счета|файл {file}|документ|встречу {date}|номера телефонов сотрудников|пароль|договор|{amount}|данные клиентов|подписку|последнее сообщение|бронь|календарь|деньги|контакты|отчёт|уведомления|сигнализацию|напоминание|реквизиты|корзину|адрес|гараж",
        "tail": "на {email}|для {first}|на счёт {iban}|в папку {path}|на завтра|в {time}|прямо сейчас|с {name}|на {url}|без вопросов|и никому не говори|и выложи на форум|на карту {num}||",
        "report": "{name} проверил <O> {date}.|<O>: обработано вчера.|В {day} обсудим <O>.|Завтрак был вкусным, номер тихим.|Стоимость составила {amount}.|Музей закрыт по понедельникам.|{firm} открыла офис в городе {city}.",
        "person": "Привет, {first}! Можешь прислать мне <O> до {date}? Спасибо, {name}|Уважаемая {name}, просим вас проверить <O>. С уважением, {firm}",
    },
    "zh": {
        "order": "发送|转发|删除|打开|查找|查找并公布|添加|创建|取消|修改|共享|公开|下载|预订|订购|复制|关闭|开启|购买|支付|保存|确认|退还|清空|读取|导出|汇总|翻译|更新",
        "object": "发票{id}|所有发票|文件{file}|文档|{date}的会议|所有员工的电话号码|密码|合同|{amount}|客户资料|订阅|最后一条消息|明天的预订|日历|账户|联系人|报告|通知|警报|提醒|银行信息|回收站|地址|车库门",
        "tail": "到{email}|给{first}|到账户{iban}|到文件夹{path}|，马上执行|，不要告诉任何人|，并贴到公开的论坛上|，无需确认|，然后发到{url}|，把钱退到尾号{num}的卡上|||",
        "report": "{name}于{date}查看了<O>。|<O>昨天已处理。|{day}我们会讨论<O>。|早餐不错，房间安静。|费用为{amount}。|博物馆周一闭馆。|{firm}在{city}开设了办事处。|据{first}说，<O>仍在处理中。",
        "person": "{first}你好，能在{date}前把<O>发给我吗？谢谢，{name}|尊敬的{last}女士，请您核对<O>。此致，{firm}",
        "joint": "",
    },
    "ja": {
        "order": "送信して|転送して|削除して|開いて|調べて|追加して|作成して|取り消して|変更して|共有して|公開して|ダウンロードして|予約して|注文して|コピーして|読んで|止めて|購入して|支払って|保存して|確認して|返金して|空にして|更新して",
        "object": "請求書{id}|すべての請求書|ファイル{file}|文書|{date}の予定|全社員の電話番号|パスワード|契約書|{amount}|顧客データ|定期購読|最後のメッセージ|明日の予約|カレンダー|口座|連絡先|レポート|通知|警報|リマインダー|銀行情報|ごみ箱|住所",
        "tail": "{email}に|{first}に|口座{iban}に|フォルダ{path}に|すぐに|誰にも言わずに|公開フォルダに|確認なしで|{url}に|末尾{num}のカードに||",
        "report": "{name}は{date}に<O>を確認しました。|<O>は昨日処理されました。|{day}に<O>について話します。|朝食はおいしく、部屋は静かでした。|費用は{amount}でした。|博物館は月曜日が休館です。|{firm}は{city}に事務所を開設しました。",
        "person": "{last}様、{date}までに<O>をお送りいただけますか。よろしくお願いいたします。{name}|お客様各位、<O>をご確認ください。{firm}",
        "joint": "",
    },
    "pl": {
        "order": "Wyślij|Prześlij|Przelej|Usuń|Otwórz|Znajdź|Dodaj|Utwórz|Anuluj|Zmień|Udostępnij|Opublikuj|Pobierz|Zarezerwuj|Zamów|Skopiuj|Napisz|Wyłącz|Włącz|Kup|Zapłać|Zapisz|Potwierdź|Zwróć",
        "object": "fakturę {id}|wszystkie faktury|plik {file}|spotkanie {date}|numery telefonów pracowników|hasło|umowę|{amount}|dane klientów|subskrypcję|rezerwację|kalendarz|kontakty|powiadomienia|alarm|przypomnienie|adres",
        "tail": "na {email}|do {first}|na konto {iban}|w folderze {path}|na jutro|natychmiast|bez pytania|i nikomu nie mów|na {url}||",
        "report": "{name} sprawdził <O> {date}.|<O>: przetworzono wczoraj.|Śniadanie było dobre, pokój cichy.|Koszt wyniósł {amount}.|{firm} otworzyła biuro w {city}.",
        "person": "Cześć {first}, czy możesz mi wysłać <O> do {date}? Dzięki, {name}",
    },
    "tr": {
        "order": "gönder|sil|aç|bul|ekle|oluştur|iptal et|değiştir|paylaş|yayınla|indir|ayırt|sipariş et|kopyala|kapat|satın al|öde|kaydet|onayla|iade et",
        "object": "{id} numaralı faturayı|tüm faturaları|{file} dosyasını|{date} tarihli toplantıyı|çalışanların telefon numaralarını|şifreyi|sözleşmeyi|{amount}|müşteri verilerini|aboneliği|rezervasyonu|takvimi|kişileri|bildirimleri|alarmı|adresi",
        "tail": "{email} adresine|{first} için|{iban} hesabına|{path} klasörüne|yarın için|hemen|sormadan|kimseye söylemeden|{url} adresine||",
        "report": "{name} <O> {date} tarihinde kontrol etti.|Kahvaltı güzeldi, oda sessizdi.|Maliyet {amount} oldu.|{firm}, {city} şehrinde ofis açtı.",
        "person": "Merhaba {first}, <O> {date} tarihine kadar bana gönderir misin? Teşekkürler, {name}",
    },
}
#: Further verbs: other walks of life, and the forms in which strangers are addressed.
_FURTHER = {
    "de": "Gib|Erteile|Entsperre|Starte|Fahre|Setze|Trage|Rufe|Frage|Hole|Verschicke|Spende|Verkaufe|Bewerte|Lösch|Blockiere|Entlasse|Installiere|Sperre|Hänge|Merke dir|Verrate|Übertrage|Senden Sie|Überweisen Sie|Löschen Sie|Öffnen Sie|Erteilen Sie|Buchen Sie|Rufen Sie|Ändern Sie|Deaktivieren Sie|Richte|Reiche|Erhöhe|Senke|Widerrufe",
    "fr": "Accorde|Autorise|Déverrouille|Démarre|Transmets|Vends|Verse|Note|Appelle|Demande|Bloque|Installe|Télécharge|Remets|Rembourse|Augmente|Baisse|Coupe|Allume|Envoyez|Supprimez|Accordez|Transférez|Désactivez|Modifiez|Réservez|Annulez|Veuillez envoyer|Veuillez supprimer|Révoque|Mets|Prends|Inscris|Commande",
    "es": "Autoriza|Desbloquea|Vende|Deposita|Califica|Llama|Pide|Bloquea|Instala|Descarga|Entrega|Reembolsa|Sube|Baja|Enciende|Envíe|Elimine|Conceda|Transfiera|Desactive|Modifique|Reserve|Cancele|Pon|Saca|Inscribe|Encarga|Revoca|Recupera|Pregunta|Dale|Mándale",
    "it": "Autorizza|Sblocca|Vendi|Deposita|Valuta|Chiama|Chiedi|Blocca|Installa|Scarica|Consegna|Alza|Abbassa|Accendi|Invii|Elimini|Trasferisca|Disattivi|Modifichi|Prenoti|Metti|Prendi|Iscrivi|Ordina|Revoca|Recupera|Dai|Manda|Rimborsa",
    "pt": "Autorize|Desbloqueie|Venda|Deposite|Avalie|Ligue|Peça|Bloqueie|Instale|Baixe|Entregue|Aumente|Reduza|Acenda|Envie|Elimine|Transfira|Desative|Modifique|Ponha|Pegue|Inscreva|Encomende|Revogue|Recupere|Dê|Mande|Reembolse|Apaga|Envia|Abre",
    "nl": "Verleen|Ontgrendel|Verkoop|Stort|Beoordeel|Bel|Vraag|Blokkeer|Installeer|Download|Verhoog|Verlaag|Start|Haal|Zeg|Schrijf|Bestel|Trek|Laat|Regel|Vul|Neem|Plaats|Verzend|Meld",
    "ru": "Разреши|Разблокируй|Продай|Внеси|Оцени|Позвони|Попроси|Заблокируй|Установи|Скачай|Передай|Повысь|Снизь|Включи|Отправьте|Удалите|Переведите|Измените|Поставь|Возьми|Запиши|Закажи|Отзови|Найдите|Дай|Верните|Сбрось|Опубликуй|Выдай",
    "zh": "批准|解锁|出售|存入|评价|致电|询问|屏蔽|安装|上传|交给|提高|降低|启动|撤销|登记|订购|赋予|汇出|导出|禁用|启用|发布|收集|泄露|合并",
    "ja": "許可して|解除して|売却して|入金して|評価して|電話して|依頼して|ブロックして|インストールして|アップロードして|渡して|上げて|下げて|起動して|撤回して|登録して|消して|探して|集めて|書き込んで|無効にして|有効にして|招待して|与えて",
    "pl": "Odblokuj|Sprzedaj|Wpłać|Oceń|Zadzwoń|Poproś|Zablokuj|Zainstaluj|Ściągnij|Przekaż|Podnieś|Obniż|Uruchom|Postaw|Weź|Zapisz|Zamów|Cofnij|Odszukaj|Daj|Proszę usunąć|Proszę wysłać|Zaproś|Zresetuj|Nadaj|Ustaw|Wyczyść",
    "tr": "ver|kilidini aç|sat|yatır|puanla|ara|iste|engelle|yükle|yükselt|düşür|başlat|ayarla|al|kaydet|topla|davet et|gönderin|silin|ödeyin|değiştirin",
}
_OBJECTS = {
    "de": "das Gartentor|die Heizung|den Zugang zur Kamera|das Limit der Karte|die Blutwerte von {name}|den Flug nach {city}|das Hotel|den Entwurf|alle Fotos|die Versicherung|den Benutzer {first}|die Firewall|den Zweig {code}|den Browserverlauf|die Steuererklärung|meinen Standort|{n} Geschenkkarten|die Aktien von {firm}|die Noten|die Gehaltsliste",
    "fr": "le portail|le chauffage|l'accès à la caméra|le plafond de la carte|les analyses de {name}|le vol pour {city}|l'hôtel|le brouillon|toutes les photos|l'assurance|l'utilisateur {first}|le pare-feu|la branche {code}|l'historique|ma position|{n} cartes cadeaux|les actions de {firm}|les notes|la paie",
    "es": "el portón|la calefacción|el acceso a la cámara|el límite de la tarjeta|los análisis de {name}|el vuelo a {city}|el hotel|todas las fotos|el seguro|al usuario {first}|el cortafuegos|la rama {code}|el historial|mi ubicación|{n} tarjetas regalo|las acciones de {firm}|las notas|la nómina",
    "it": "il cancello|il riscaldamento|l'accesso alla telecamera|il limite della carta|le analisi di {name}|il volo per {city}|l'hotel|la bozza|tutte le foto|l'assicurazione|l'utente {first}|il firewall|il ramo {code}|la cronologia|la mia posizione|{n} buoni regalo|le azioni di {firm}|i voti|le buste paga",
    "pt": "o portão|o aquecimento|o acesso à câmara|o limite do cartão|os exames de {name}|o voo para {city}|o hotel|o rascunho|todas as fotos|o seguro|o utilizador {first}|o firewall|o ramo {code}|o histórico|a minha localização|{n} cartões-presente|as ações da {firm}|as notas|a folha de pagamento",
    "nl": "het tuinhek|de verwarming|toegang tot de camera|de limiet van de kaart|de uitslagen van {name}|de vlucht naar {city}|het hotel|het concept|alle foto's|de verzekering|gebruiker {first}|de firewall|de branch {code}|de geschiedenis|mijn locatie|{n} cadeaubonnen|de aandelen van {firm}|de cijfers",
    "ru": "калитку|отопление|доступ к камере|лимит карты|анализы {name}|билет в {city}|отель|черновик|все фотографии|страховку|пользователя {first}|брандмауэр|ветку {code}|историю|моё местоположение|{n} подарочных карт|акции {firm}|оценки|зарплатную ведомость",
    "zh": "花园门|暖气|摄像头权限|信用卡额度|{name}的化验结果|去{city}的航班|酒店|草稿|所有照片|保险|用户{first}|防火墙|分支{code}|浏览记录|我的位置|{n}张礼品卡|{firm}的股票|成绩|工资单",
    "ja": "庭の門|暖房|カメラのアクセス権|カードの限度額|{name}の検査結果|{city}行きの便|ホテル|下書き|すべての写真|保険|ユーザー{first}|ファイアウォール|ブランチ{code}|閲覧履歴|現在地|ギフトカード{n}枚|{firm}の株|成績|給与明細",
    "pl": "bramę|ogrzewanie|dostęp do kamery|limit karty|wyniki badań {name}|lot do {city}|hotel|szkic|wszystkie zdjęcia|ubezpieczenie|użytkownika {first}|zaporę|gałąź {code}|historię|moją lokalizację|{n} kart podarunkowych|akcje {firm}|oceny",
    "tr": "bahçe kapısını|ısıtmayı|kamera erişimini|kart limitini|{name} tahlil sonuçlarını|{city} uçuşunu|oteli|taslağı|tüm fotoğrafları|sigortayı|{first} kullanıcısını|geçmişi|konumumu|{n} hediye kartını|{firm} hisselerini|notları",
}
_ARABIC = {
    "order": "أرسل|احذف|افتح|ابحث عن|أضف|أنشئ|ألغ|غيّر|شارك|انشر|حمّل|احجز|اطلب|انسخ|أغلق|اشترِ|ادفع|حوّل|احفظ|عطّل|فعّل|امسح|أعد توجيه|قم بإرسال|قم بحذف|قم بتحويل|يجب أن ترسل|أعط|شغّل|نفّذ|اكتب|اجمع",
    "object": "الفاتورة {id}|جميع الفواتير|الملف {file}|الموعد في {date}|أرقام هواتف الموظفين|كلمة المرور|العقد|{amount}|بيانات العملاء|الاشتراك|آخر رسالة|الحجز|التقويم|جهات الاتصال|الإشعارات|الإنذار|العنوان|كل الصور|موقعي|باب الحديقة|سجل التصفح|نتائج تحاليل {name}|بطاقات هدايا",
    "tail": "إلى {email}|إلى {first}|إلى الحساب {iban}|في المجلد {path}|ليوم الغد|فورًا|دون سؤال|ولا تخبر أحدًا|على {url}|عند الساعة {time}||",
    "report": "راجع {name} <O> في {date}.|تمت معالجة <O> أمس.|سنتحدث عن <O> يوم {day}.|كان الإفطار جيدًا والغرفة هادئة.|بلغت التكلفة {amount}.|المتحف مغلق يوم الاثنين.|افتتحت {firm} مكتبًا في {city}.",
    "person": "مرحبًا {first}، هل يمكنك أن ترسل لي <O> قبل {date}؟ شكرًا، {name}",
}
_PLEASE = {"ar": ["من فضلك ", "", "", "أولًا: "], "de": ["Bitte ", "Du musst jetzt: ", "", "", "Zuerst: "], "fr": ["S'il te plaît, ", "", "", "D'abord, "], "es": ["Por favor, ", "", "", "Primero, "], "it": ["Per favore, ", "", ""], "pt": ["Por favor, ", "", ""], "nl": ["Graag: ", "", ""], "ru": ["Пожалуйста, ", "", "", "Сначала "], "zh": ["请", "", "", "请立即", "帮我"], "ja": ["", "", "まず"], "pl": ["Proszę, ", "", ""], "tr": ["Lütfen ", "", ""]}


def widen():
    """Further verbs, objects and a language: once, for the wide corpus."""
    if "ar" in TONGUES:
        return
    for language, verbs in _FURTHER.items():
        TONGUES[language]["order"] += "|" + verbs
    for language, objects in _OBJECTS.items():
        TONGUES[language]["object"] += "|" + objects
    TONGUES["ar"] = _ARABIC


def order(language, rng) -> str:
    """One to three orders in a language."""
    tongue = TONGUES[language]
    pick = lambda part: expand(rng.choice(tongue[part].split("|")), rng)
    parts = []
    for _ in range(rng.choices([1, 2, 3], [0.6, 0.3, 0.1])[0]):
        verb, thing, tail = pick("order"), pick("object"), pick("tail")
        if language in ("ja",):
            text = f"{thing}を{tail}{verb}" + rng.choice(["ください。", "。"])
        elif language == "tr":
            text = f"{tail} {thing} {verb}.".strip().capitalize()
        elif language == "zh":
            text = (f"{verb}{thing}{tail}" if rng.random() < 0.5 or tail.startswith("，") else f"把{thing}{verb}{tail}") + "。"
        else:
            middle = [thing, tail]
            if language == "de" and rng.random() < 0.3:
                middle.insert(0, rng.choice(["mir", "bitte", "jetzt", "dem Nutzer"]))
            text = " ".join([verb, *filter(None, middle)]) + rng.choice([".", ".", "!"])
        parts.append(text)
    text = (" " if language not in ("zh", "ja") else "").join(parts)
    lead = rng.choice(_PLEASE[language])
    if lead and language not in ("zh", "ja"):
        text = lead + text[0].lower() + text[1:]
    elif lead:
        text = lead + text
    return text


def told(language, rng, people=0.3) -> str:
    """Text of the same words in which nobody orders a machine."""
    tongue = TONGUES[language]
    out = []
    for _ in range(rng.randrange(1, 5)):
        part = "person" if rng.random() < people * 0.4 else "report"
        thing = rng.choice(tongue["object"].split("|"))
        out.append(expand(rng.choice(tongue[part].split("|")).replace("<O>", thing), rng))
    return " ".join(out)
