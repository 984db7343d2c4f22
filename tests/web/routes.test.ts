// The table of routes: what is open to nobody in particular, and that nothing is there twice.
import { expect, test } from 'vitest'
import { ROUTES } from '../../src/web/routes.ts'

test('only what signs in is open to those who are not signed in', () => {
  const open = ROUTES.filter(({ access }) => access === 'open')
  expect(open.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /api/session',
    'POST /api/setup',
    'POST /api/sign-in',
  ])
})

test('no route stands there twice', () => {
  const names = ROUTES.map(({ method, path }) => `${method} ${path}`)
  expect(new Set(names).size).toBe(names.length)
})
