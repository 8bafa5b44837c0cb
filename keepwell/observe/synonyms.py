"""What people call the fields in their files: English, Korean, Polish, German, Spanish and French.

Phrases are written as ``guess.plain`` leaves them (lower case, no accents), divided by commas; the earlier is the
better one. A key ``kind.field`` replaces ``field`` for that kind of file.
"""

from __future__ import annotations

_TEXT: dict[str, str] = {
    "order_id": "order id, order number, order no, order nr, order, invoice, invoice no, invoice number, "
    "invoice id, transaction id, transaction, receipt, receipt number, purchase id, order name, id order, "
    "order key, 주문번호, 주문 id, 주문아이디, 주문, 송장번호, numer zamowienia, nr zamowienia, id zamowienia, "
    "zamowienie, faktura, numer faktury, nr paragonu, bestellnummer, bestell nr, bestellung, auftragsnummer, "
    "auftrag, rechnungsnummer, rechnung, belegnummer, numero de pedido, id pedido, pedido, factura, "
    "numero de factura, no pedido, numero de commande, id commande, commande, facture, numero de facture, "
    "n commande",
    "customer_id": "customer id, customerid, client id, user id, account id, member id, buyer id, customer number, "
    "customer no, customer code, shopper id, customer email, email, e mail, email address, billing email, "
    "buyer email, customer unique id, customer, client, user, buyer, account, member, phone, billing phone, "
    "customer name, 고객번호, 고객 id, 고객아이디, 고객, 회원번호, 회원 id, 회원아이디, 회원, 이메일, 구매자, "
    "주문자, 전화번호, 휴대폰, id klienta, numer klienta, nr klienta, kod klienta, klient, nabywca, "
    "adres e mail, telefon, kundennummer, kunden nr, kunden id, kunde, kaufer, kunden email, e mail adresse, "
    "id cliente, cliente, codigo cliente, numero de cliente, correo, correo electronico, comprador, id client, "
    "numero client, code client, courriel, adresse e mail, acheteur",
    "ordered_at": "ordered at, order date, order time, order datetime, order timestamp, created timestamp, "
    "date ordered, purchase date, purchase timestamp, order purchase timestamp, invoice date, invoicedate, "
    "transaction date, created at, created, date created, placed at, processed at, sale date, date, "
    "datetime, timestamp, time, "
    "day, 주문일시, 주문일자, 주문일, 주문날짜, 주문시간, 구매일, 결제일시, 결제일, 거래일, 날짜, 일자, 일시, "
    "data zamowienia, data zlozenia zamowienia, data zakupu, data sprzedazy, data faktury, data transakcji, "
    "data, bestelldatum, auftragsdatum, kaufdatum, rechnungsdatum, bestellt am, datum, erstellt am, "
    "fecha de pedido, fecha pedido, fecha de compra, fecha factura, fecha de creacion, fecha, date de commande, "
    "date commande, date achat, date d achat, date facture, date de creation",
    "quantity": "quantity, qty, units, pieces, number of items, items, count, lineitem quantity, item quantity, "
    "number of cds, seats, 수량, 개수, 주문수량, 구매수량, ilosc, liczba, liczba sztuk, sztuk, menge, anzahl, "
    "stuckzahl, cantidad, unidades, quantite, qte",
    "unit_price": "unit price, price, item price, unitprice, price per unit, price each, lineitem price, "
    "sale price, 단가, 판매가, 가격, 상품가격, cena, cena jednostkowa, cena za sztuke, preis, stuckpreis, "
    "einzelpreis, precio, precio unitario, prix, prix unitaire",
    "amount": "amount, net amount, net sales, subtotal, sub total, revenue, net revenue, sales, order amount, "
    "order value, line total, line amount, item total, value, net total, net, turnover, dollar value, spend, "
    "payment value, sum, price, order products value, gmv, monetary, 금액, 주문금액, 결제금액, 매출, 매출액, "
    "상품금액, 판매금액, 총금액, kwota, wartosc, wartosc netto, kwota netto, przychod, suma, "
    "wartosc zamowienia, kwota zamowienia, betrag, umsatz, netto, nettobetrag, warenwert, bestellwert, summe, "
    "wert, importe, monto, valor, ventas, ingresos, importe neto, montant, montant ht, chiffre d affaires, ca, "
    "valeur, ventes",
    "total": "total, order total, grand total, total amount, total price, gross amount, gross, total paid, "
    "amount paid, total value, invoice total, 총결제금액, 총액, 합계, 총 결제금액, 총주문금액, razem, "
    "kwota brutto, wartosc brutto, brutto, do zaplaty, gesamt, gesamtbetrag, gesamtsumme, bruttobetrag, "
    "total pedido, importe total, total general, montant total, total ttc, montant ttc, total commande",
    "currency": "currency, currency code, order currency, 통화, 화폐, waluta, wahrung, moneda, divisa, devise, monnaie",
    "product_id": "product id, sku, stock code, stockcode, item id, article number, item number, product code, "
    "asin, variant sku, lineitem sku, article, product sku, item code, 상품코드, 상품번호, 상품 id, 품번, "
    "kod produktu, id produktu, indeks, kod towaru, artikelnummer, artikel nr, artikel, produktnummer, "
    "codigo producto, id producto, referencia, codigo articulo, code produit, id produit, reference, ref",
    "product_name": "product name, product, item name, item, description, product title, title, lineitem name, "
    "article name, 상품명, 제품명, 상품, 품명, nazwa produktu, produkt, nazwa towaru, towar, nazwa, "
    "produktname, artikelname, artikelbezeichnung, bezeichnung, producto, nombre producto, descripcion, "
    "articulo, produit, nom du produit, designation, libelle",
    "category": "category, product category, product type, department, product category name, 카테고리, 분류, "
    "상품분류, kategoria, kategorie, warengruppe, categoria, categorie, rayon, familia",
    "country": "country, billing country, shipping country, customer country, country code, market, 국가, 나라, "
    "kraj, panstwo, land, pais, pays",
    "channel": "channel, marketing channel, acquisition channel, traffic source, utm source, source medium, medium, "
    "platform, source, origin, 채널, 유입경로, 유입채널, 매체, 광고매체, kanal, zrodlo, quelle, canal, fuente, "
    "origen, source de trafic",
    "coupon": "coupon, coupon code, discount code, voucher, voucher code, promo code, promo, 쿠폰, 쿠폰코드, "
    "쿠폰번호, kupon, kod rabatowy, kod promocyjny, gutschein, gutscheincode, rabattcode, cupon, "
    "codigo de descuento, code promo, bon de reduction",
    "discount": "discount, discount amount, discounts, total discount, markdown, 할인, 할인금액, 할인액, 쿠폰할인, "
    "rabat, znizka, kwota rabatu, rabatt, nachlass, descuento, remise, reduction",
    "shipping": "shipping, shipping cost, shipping amount, shipping price, freight, freight value, delivery fee, "
    "delivery cost, postage, order freight value, 배송비, 배송료, 택배비, wysylka, koszt wysylki, dostawa, "
    "koszt dostawy, versand, versandkosten, porto, envio, gastos de envio, coste de envio, livraison, "
    "frais de port, frais de livraison",
    "tax": "tax, taxes, vat, tax amount, sales tax, total tax, gst, 세금, 부가세, 부가가치세, vat kwota, podatek, "
    "kwota vat, mwst, steuer, mehrwertsteuer, ust, iva, impuesto, impuestos, tva, taxe",
    "cost": "cost, cost of goods, cogs, unit cost, cost price, purchase price, product cost, 원가, 매입가, koszt, "
    "cena zakupu, koszt zakupu, einkaufspreis, wareneinsatz, coste, costo, cout, prix d achat",
    "payment_fee": "payment fee, transaction fee, processing fee, fee, fees, 수수료, 결제수수료, prowizja, oplata, "
    "gebuhr, zahlungsgebuhr, comision, frais, commission",
    "units": "units, quantity, qty, number of items, items, item count, total quantity, number of cds, "
    "order items qty, 수량, 총수량, ilosc, liczba sztuk, menge, anzahl, cantidad, unidades, quantite",
    "kind": "line kind, line type, item type, kind, 구분, rodzaj, typ pozycji, positionsart, tipo de linea, "
    "type de ligne",
    "refund": "is refund, refund, refunded, is return, returned, return, refund flag, is refunded, 환불여부, 환불, "
    "반품, 반품여부, zwrot, czy zwrot, retoure, ruckgabe, erstattung, devolucion, reembolso, remboursement, "
    "retour",
    "spent_on": "spent on, date, day, spend date, reporting starts, report date, week, date week, month, 날짜, "
    "일자, 일별, 기간, data, dzien, datum, tag, fecha, dia, jour, semaine",
    "spend.amount": "spend, amount spent, ad spend, spent, cost, cost micros, media cost, total spend, adspend, "
    "costs, investment, budget spent, 광고비, 비용, 지출, 소진액, 총비용, 지출금액, wydatki, koszt, "
    "koszt reklamy, wydana kwota, kosten, ausgaben, werbekosten, ausgegebener betrag, gasto, inversion, "
    "importe gastado, coste, costo, depense, depenses, cout, montant depense, amount",
    "campaign": "campaign, campaign name, ad campaign, campaign id, ad set, ad set name, ad group, xyz campaign id, "
    "캠페인, 캠페인명, 광고명, kampania, nazwa kampanii, kampagne, kampagnenname, campana, nombre de campana, "
    "campagne, nom de la campagne",
    "impressions": "impressions, impr, views, shown, 노출, 노출수, wyswietlenia, impressionen, impresiones, affichages",
    "clicks": "clicks, link clicks, click, 클릭, 클릭수, klikniecia, klicks, klick, clics, clic",
    "conversions": "conversions, conversion, results, purchases, orders, total conversion, 전환, 전환수, konwersje, "
    "konversionen, conversiones",
    "conversion_value": "conversion value, conv value, purchase value, purchases value, total conversion value, "
    "전환가치, 전환매출, wartosc konwersji, conversion wert, konversionswert, valor de conversion, "
    "valeur de conversion",
    "subscription_id": "subscription id, subscription, contract id, membership id, sub id, 구독번호, 구독 id, 구독, "
    "id subskrypcji, subskrypcja, numer umowy, abo id, abonnement, abonummer, vertragsnummer, id suscripcion, "
    "suscripcion, id abonnement",
    "plan": "plan, plan name, plan tier, price name, product, tier, package, 요금제, 플랜, pakiet, taryfa, tarif, "
    "paket, tarifa, forfait, formule",
    "started_at": "started at, start date, start, subscription start, current period start, begin date, created at, "
    "created, 시작일, 구독시작일, 가입일, data rozpoczecia, poczatek, startdatum, beginn, vertragsbeginn, "
    "fecha de inicio, inicio, date de debut, debut",
    "ended_at": "ended at, end date, end, canceled at, cancelled at, subscription end, cancellation date, "
    "churned at, 종료일, 해지일, data zakonczenia, koniec, enddatum, ende, kundigungsdatum, vertragsende, "
    "fecha de fin, fin, fecha de baja, date de fin, date de resiliation",
    "mrr": "mrr, mrr amount, monthly recurring revenue, monthly amount, monthly price, monthly fee, "
    "monthly charges, 월결제금액, 월구독료, 월매출, kwota miesieczna, oplata miesieczna, abonament, "
    "monatsbeitrag, monatlich, monatspreis, cuota mensual, mensualidad, mensualite, prix mensuel",
    "is_trial": "is trial, trial, trial flag, 무료체험, 체험, okres probny, testphase, probezeit, prueba, essai",
    "name": "event name, event, event type, action, activity, 이벤트, 이벤트명, 행동, zdarzenie, nazwa zdarzenia, "
    "ereignis, ereignisname, evento, nombre del evento, evenement",
    "occurred_at": "occurred at, event time, event timestamp, event date, timestamp, original timestamp, sent at, "
    "received at, time, date, datetime, created at, 발생일시, 발생시각, 이벤트시간, 시간, 날짜, 일시, "
    "czas zdarzenia, data zdarzenia, data, czas, zeitpunkt, zeitstempel, datum, zeit, fecha, hora, "
    "fecha del evento, horodatage, heure",
    "anonymous_id": "anonymous id, visitor id, session id, device id, cookie id, client id, user pseudo id, "
    "익명 id, 방문자 id, 세션 id, id sesji, besucher id, sitzung, id de sesion, id de session",
    "event_id": "event id, message id, insert id, uuid, 이벤트 id, id zdarzenia, ereignis id, id evento, id evenement",
}

SYNONYMS: dict[str, tuple[str, ...]] = {
    field: tuple(phrase.strip() for phrase in phrases.split(",")) for field, phrases in _TEXT.items()
}


def phrases_for(kind: str, field: str) -> tuple[str, ...]:
    """Return what a field may be called in a kind of file, the best first.

    >>> phrases_for("spend", "amount")[0], phrases_for("orders", "amount")[0]
    ('spend', 'amount')
    """
    return SYNONYMS.get(f"{kind}.{field}") or SYNONYMS[field]
