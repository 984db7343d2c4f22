import { describe, expect, it } from 'vitest'
import { createVirtualClient, LIMIT_BUY, masterWith, type Row } from './virtual-client.ts'

const tokensOf = (data: unknown) => data as { jwtToken: string; refreshToken: string }

describe('logging in', () => {
  it('takes the PIN and the code of the moment, and gives three tokens', () => {
    const client = createVirtualClient()
    const { data } = client.login()
    expect(Object.keys(data as Row)).toEqual(['jwtToken', 'refreshToken', 'feedToken'])
    expect(tokensOf(data).jwtToken).toContain('canaryjwt-')
    expect(client.ask('profile').status).toBe(true)
  })

  it('says when the session ends: at midnight IST', () => {
    const { jwtToken } = tokensOf(createVirtualClient().login().data)
    const claims = JSON.parse(Buffer.from(jwtToken.split('.')[1] ?? '', 'base64url').toString())
    expect(claims.exp * 1000).toBe(Date.parse('2026-11-24T00:00:00+05:30'))
  })

  it.each([
    ['a wrong PIN', { password: '0000' }, 'AB1007', 'Invalid Userid or Password'],
    ['a wrong code', { totp: '000000' }, 'AB1050', 'Invalid totp'],
    ['a code that is no code', { totp: '12' }, 'AB1050', 'Invalid totp'],
    ['somebody unknown', { clientcode: 'X1' }, 'AB1007', 'Invalid Userid or Password'],
  ])('refuses %s', (_what, wrong, errorcode, message) => {
    const client = createVirtualClient()
    const right = { clientcode: 'M100000', password: client.setting.pin, totp: client.code() }
    expect(client.ask('login', { ...right, ...wrong })).toEqual({
      status: false,
      message,
      errorcode,
      data: null,
    })
  })

  it('refuses a wrong key in the dialect of the gateway', () => {
    const client = createVirtualClient()
    const body = { clientcode: 'M100000', password: client.setting.pin, totp: client.code() }
    expect(client.ask('login', body, { headers: { 'x-privatekey': 'other' } })).toEqual({
      success: false,
      message: 'Invalid API Key',
      errorCode: 'AG8004',
      data: '',
    })
  })

  it('takes the code of the window before, and none that is older', () => {
    const client = createVirtualClient()
    const code = client.code()
    const body = { clientcode: 'M100000', password: client.setting.pin, totp: code }
    client.pass(30_000)
    expect(client.ask('login', body).status).toBe(true)
    const late = createVirtualClient()
    late.pass(60_000)
    expect(late.ask('login', body)).toMatchObject({ errorcode: 'AB1050' })
  })

  it.each([
    ['once', false],
    ['again', true],
  ] as const)('takes the same code %s', (codes, again) => {
    const client = createVirtualClient({ codes })
    expect(client.login().status).toBe(true)
    client.pass(2000)
    expect(client.login().status).toBe(again)
    client.pass(30_000)
    expect(client.login().status).toBe(true)
  })

  it('gives equal tokens to equal runs, and others to another seed', () => {
    const tokens = (seed: number) => createVirtualClient({ seed }).login().data
    expect(tokens(7)).toEqual(tokens(7))
    expect(tokens(7)).not.toEqual(tokens(8))
  })
})

describe('sessions end', () => {
  const lost = (code: string) => ({ success: false, errorCode: code, data: '' })

  it('at midnight', () => {
    const client = createVirtualClient()
    client.passTo('2026-11-23T23:59:59+05:30')
    expect(client.ask('book').status).toBe(true)
    client.passTo('2026-11-24T00:00:00+05:30')
    expect(client.ask('book')).toMatchObject(lost('AG8002'))
  })

  it('when they are expired or logged out', () => {
    const client = createVirtualClient()
    client.simulator.control.expireSessions({ clientCode: 'M100000' })
    expect(client.ask('book')).toMatchObject(lost('AG8002'))
    client.login()
    expect(client.ask('logout', { clientcode: 'M100000' })).toMatchObject({
      status: true,
      data: '',
    })
    expect(client.ask('book')).toMatchObject(lost('AG8001'))
  })

  it.each([
    ['coexist', true],
    ['supersede', undefined],
  ] as const)('by another login: they %s', (logins, before) => {
    const client = createVirtualClient({ logins })
    const { jwtToken } = tokensOf(client.login().data)
    client.pass(60_000)
    client.login()
    const headers = { authorization: `Bearer ${jwtToken}` }
    expect(client.ask('book', {}, { headers }).status).toBe(before)
    expect(client.ask('book').status).toBe(true)
  })

  it.each([
    ['none', '', 'AG8003'],
    ['an unknown', 'Bearer nobody', 'AG8001'],
  ])('with %s token nothing is told', (_what, authorization, code) => {
    const client = createVirtualClient()
    expect(client.ask('book', {}, { headers: { authorization } })).toMatchObject(lost(code))
  })
})

describe('tokens are refreshed', () => {
  it.each([
    ['coexist', true],
    ['supersede', undefined],
  ] as const)('and the ones before %s', (refresh, before) => {
    const client = createVirtualClient({ refresh })
    const { jwtToken, refreshToken } = tokensOf(client.login().data)
    const renewed = client.ask('generateTokens', { refreshToken })
    expect(renewed.status).toBe(true)
    const old = { headers: { authorization: `Bearer ${jwtToken}` } }
    expect(client.ask('book', {}, old).status).toBe(before)
    const { jwtToken: next } = tokensOf(renewed.data)
    const headers = { authorization: `Bearer ${next}` }
    expect(client.ask('book', {}, { headers }).status).toBe(true)
  })

  it('not with a token that is unknown or over', () => {
    const client = createVirtualClient()
    const { refreshToken } = tokensOf(client.login().data)
    const refresh = (token: string) => client.ask('generateTokens', { refreshToken: token })
    expect(refresh('nothing')).toMatchObject({ status: false, errorcode: 'AB8050' })
    client.passTo('2026-11-24T08:45:00+05:30')
    expect(refresh(refreshToken)).toMatchObject({ status: false, errorcode: 'AB8051' })
  })
})

describe('source addresses', () => {
  it('count for orders and not for reading', () => {
    const client = createVirtualClient({ accounts: masterWith({ addresses: ['127.0.0.2'] }) })
    expect(client.ask('place', LIMIT_BUY)).toEqual({
      success: false,
      message: 'Access denied, unregistered IP address',
      errorCode: 'AG7002',
      data: '',
    })
    expect(client.rows('book')).toEqual([])
    expect(client.ask('place', LIMIT_BUY, { from: '127.0.0.2' })).toMatchObject({ status: true })
  })
})
