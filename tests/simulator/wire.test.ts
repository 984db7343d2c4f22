import { describe, expect, it } from 'vitest'
import { parsePrice, units } from '../../src/domain/numbers.ts'
import { createVirtualClient, LIMIT_BUY, masterWith, NIFTY_CALL, SBIN } from './virtual-client.ts'

const holdings = [
  { exchange: 'NSE', symbol: 'INFY-EQ', quantity: units(4), price: parsePrice('1400.50') },
]

describe('what the broker writes, byte for byte', () => {
  it('an empty day is null in each of the books', () => {
    const client = createVirtualClient()
    const empty = '{"status":true,"message":"SUCCESS","errorcode":"","data":null}'
    for (const route of ['book', 'trades', 'positions', 'holdings'] as const)
      expect(client.send(route)).toMatchObject({ status: 200, body: empty })
  })

  it('an order that was taken is named by both of its ids', () => {
    const client = createVirtualClient()
    expect(client.send('place', LIMIT_BUY)).toMatchObject({
      kind: 'reply',
      status: 200,
      contentType: 'application/json',
      body: '{"status":true,"message":"SUCCESS","errorcode":"","data":{"script":"SBIN-EQ","orderid":"261123000000001","uniqueorderid":"35d571f4-d26d-2fdf-f321-f874aca5c6e0"}}',
    })
  })

  it('a row of the order book mixes numbers and texts', () => {
    const client = createVirtualClient()
    client.place({})
    const [row] = client.rows('book')
    expect(row).toEqual({
      variety: 'NORMAL',
      ordertype: 'LIMIT',
      producttype: 'INTRADAY',
      duration: 'DAY',
      price: 820.5,
      triggerprice: 0,
      quantity: '10',
      disclosedquantity: '0',
      squareoff: 0,
      stoploss: 0,
      trailingstoploss: 0,
      tradingsymbol: 'SBIN-EQ',
      transactiontype: 'BUY',
      exchange: 'NSE',
      symboltoken: '3045',
      ordertag: 'TAG1',
      instrumenttype: '',
      strikeprice: -1,
      optiontype: '',
      expirydate: '',
      lotsize: '1',
      cancelsize: '0',
      averageprice: 820.5,
      filledshares: '10',
      unfilledshares: '0',
      orderid: '261123000000001',
      text: '',
      status: 'complete',
      orderstatus: 'complete',
      updatetime: '23-Nov-2026 10:00:00',
      exchtime: '23-Nov-2026 10:00:00',
      exchorderupdatetime: '23-Nov-2026 10:00:00',
      fillid: '',
      filltime: '',
      parentorderid: '',
      uniqueorderid: row?.uniqueorderid,
      exchangeorderid: '1100000000000001',
    })
  })

  it('the details of an order are its row', () => {
    const client = createVirtualClient()
    client.place({ price: '700', producttype: 'DELIVERY' })
    const [row] = client.rows('book')
    expect(client.ask('details', {}, { rest: `/${row?.uniqueorderid}` }).data).toEqual(row)
    expect(client.ask('details', {}, { rest: '/nobody' })).toEqual({
      status: false,
      message: 'Order not found',
      errorcode: 'AB1013',
      data: null,
    })
  })

  it('an option carries its strike, its expiry and its lot', () => {
    const client = createVirtualClient()
    client.simulator.control.trade({
      clientCode: client.setting.clientCode,
      ...NIFTY_CALL,
      side: 'BUY',
      quantity: 65,
      product: 'CARRYFORWARD',
    })
    expect(client.rows('book')[0]).toMatchObject({
      tradingsymbol: 'NIFTY29DEC2625000CE',
      ordertype: 'MARKET',
      price: 0,
      instrumenttype: 'OPTIDX',
      strikeprice: 25000,
      optiontype: 'CE',
      expirydate: '29DEC2026',
      lotsize: '65',
      ordertag: '',
    })
  })

  it('a row of the trade book is all text, and its time has no day', () => {
    const client = createVirtualClient()
    client.place({})
    expect(client.rows('trades')).toEqual([
      {
        exchange: 'NSE',
        producttype: 'INTRADAY',
        tradingsymbol: 'SBIN-EQ',
        instrumenttype: '',
        symbolgroup: 'EQ',
        strikeprice: '-1',
        optiontype: '',
        expirydate: '',
        marketlot: '1',
        precision: '2',
        multiplier: '-1',
        tradevalue: '8205.00',
        transactiontype: 'BUY',
        fillprice: '820.50',
        fillsize: '10',
        orderid: '261123000000001',
        fillid: '50000001',
        filltime: '10:00:00',
      },
    ])
  })

  it('a negative value of a position has a space after its sign', () => {
    const client = createVirtualClient()
    client.place({})
    client.simulator.control.movePrice({ ...SBIN, price: '822' })
    expect(client.rows('positions')).toEqual([
      {
        exchange: 'NSE',
        symboltoken: '3045',
        producttype: 'INTRADAY',
        tradingsymbol: 'SBIN-EQ',
        symbolname: 'SBIN',
        instrumenttype: '',
        priceden: '1',
        pricenum: '1',
        genden: '1',
        gennum: '1',
        precision: '2',
        multiplier: '-1',
        boardlotsize: '1',
        buyqty: '10',
        sellqty: '0',
        buyamount: '8205.00',
        sellamount: '0.00',
        symbolgroup: 'EQ',
        strikeprice: '-1',
        optiontype: '',
        expirydate: '',
        lotsize: '1',
        cfbuyqty: '0',
        cfsellqty: '0',
        cfbuyamount: '0.00',
        cfsellamount: '0.00',
        buyavgprice: '820.50',
        sellavgprice: '0',
        avgnetprice: '820.50',
        netvalue: '- 8205.00',
        netqty: '10',
        totalbuyvalue: '8205.00',
        totalsellvalue: '0.00',
        cfbuyavgprice: '0',
        cfsellavgprice: '0',
        totalbuyavgprice: '820.50',
        totalsellavgprice: '0',
        netprice: '820.50',
        ltp: '822.00',
        close: '820.50',
        realised: '0.00',
        unrealised: '15.00',
        pnl: '15.00',
      },
    ])
  })

  it('a holding has numbers and nulls', () => {
    const client = createVirtualClient({ accounts: masterWith({ holdings }) })
    expect(client.rows('holdings')).toEqual([
      {
        tradingsymbol: 'INFY-EQ',
        exchange: 'NSE',
        isin: 'INE00159401',
        t1quantity: 0,
        realisedquantity: 4,
        quantity: 4,
        authorisedquantity: 0,
        product: 'DELIVERY',
        collateralquantity: null,
        collateraltype: null,
        haircut: 0,
        averageprice: 1400.5,
        ltp: 1512.3,
        symboltoken: '1594',
        close: 1512.3,
        profitandloss: 447,
        pnlpercentage: 7.98,
      },
    ])
    expect(client.ask('allHoldings').data).toMatchObject({
      holdings: [{ tradingsymbol: 'INFY-EQ' }],
      totalholding: { totalholdingvalue: 6049.2, totalinvvalue: 5602 },
    })
  })

  it('funds are texts with four decimals, or null, and what is called available is the net', () => {
    const client = createVirtualClient()
    client.place({ producttype: 'DELIVERY' })
    expect(client.ask('funds').data).toEqual({
      net: '991795.0000',
      availablecash: '991795.0000',
      availableintradaypayin: '0.0000',
      availablelimitmargin: '0.0000',
      collateral: '0.0000',
      m2munrealized: '0.0000',
      m2mrealized: '0.0000',
      utiliseddebits: '8205.0000',
      utilisedspan: null,
      utilisedoptionpremium: null,
      utilisedholdingsales: null,
      utilisedexposure: null,
      utilisedturnover: null,
      utilisedpayout: '0.0000',
    })
  })

  it('a profile has lists that are texts', () => {
    expect(createVirtualClient().ask('profile').data).toMatchObject({
      clientcode: 'M100000',
      exchanges: '["NSE","BSE","NFO","BFO","MCX"]',
      brokerid: 'B2C',
    })
  })

  it('a full quote has the circuit and five levels, and names what it could not fetch', () => {
    const client = createVirtualClient()
    const body = { mode: 'FULL', exchangeTokens: { NSE: ['3045', '1'] } }
    expect(client.ask('quote', body, { rest: '/' }).data).toMatchObject({
      fetched: [
        {
          exchange: 'NSE',
          tradingSymbol: 'SBIN-EQ',
          symbolToken: '3045',
          ltp: 820.5,
          close: 820.5,
          lowerCircuit: 738.45,
          upperCircuit: 902.55,
          exchFeedTime: '23-Nov-2026 10:00:00',
          depth: { buy: { length: 5, 0: { price: 820.45 } }, sell: { 0: { price: 820.55 } } },
        },
      ],
      unfetched: [{ exchange: 'NSE', symbolToken: '1', errorCode: 'AB4018' }],
    })
    const tokens = Array.from({ length: 51 }, (_, index) => String(index))
    expect(client.ask('quote', { mode: 'FULL', exchangeTokens: { NSE: tokens } }).status).toBe(
      false,
    )
  })

  it('a last price is text', () => {
    const client = createVirtualClient()
    const body = { exchange: 'NSE', tradingsymbol: 'SBIN-EQ', symboltoken: '3045' }
    expect(client.ask('lastPrice', body).data).toEqual({
      exchange: 'NSE',
      tradingsymbol: 'SBIN-EQ',
      symboltoken: '3045',
      open: '820.5',
      high: '820.5',
      low: '820.5',
      close: '820.5',
      ltp: '820.5',
    })
  })

  it('a margin is asked for up to fifty positions', () => {
    const client = createVirtualClient()
    const position = {
      exchange: 'NFO',
      qty: 65,
      price: 0,
      productType: 'CARRYFORWARD',
      token: NIFTY_CALL.token,
      tradeType: 'BUY',
      orderType: 'LIMIT',
    }
    expect(client.ask('margin', { positions: [position] }).data).toMatchObject({
      totalMarginRequired: 6578,
    })
    const many = Array.from({ length: 51 }, () => position)
    expect(client.ask('margin', { positions: many }).status).toBe(false)
  })

  it('what is not JSON, and what is sent as nobody, is refused in its own way', () => {
    const client = createVirtualClient()
    expect(client.send('place', '{"variety":')).toMatchObject({ status: 400, body: '' })
    const headers = { 'x-usertype': 'ROBOT' }
    expect(client.ask('book', {}, { headers })).toMatchObject({ errorcode: 'AB1005' })
  })
})
