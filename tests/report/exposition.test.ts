import { describe, expect, test } from 'vitest'
import { counter, expose, gauge, one, tally } from '../../src/report/exposition.ts'
import { readExposition } from './exposition-reader.ts'

describe('what is written', () => {
  test('is read back as it was meant, whatever stands in a label', () => {
    const label = 'a "quoted" \\ back\nslash, {brace} = é ₹'
    const text = expose([
      gauge('one', 'Help with \\ and\na new line.', [{ labels: { label }, value: '-1.50' }]),
      gauge('none', 'Left out.', []),
      counter(
        'some_total',
        'Two of one kind.',
        tally(['a', 'b', 'a'], (kind) => ({ kind })),
      ),
      gauge('is', 'A yes.', [one(true)]),
    ])
    expect(readExposition(text)).toEqual([
      {
        name: 'lockstep_one',
        type: 'gauge',
        help: 'Help with \\\\ and\\na new line.',
        samples: [{ name: 'lockstep_one', labels: { label }, value: -1.5 }],
      },
      {
        name: 'lockstep_some_total',
        type: 'counter',
        help: 'Two of one kind.',
        samples: [
          { name: 'lockstep_some_total', labels: { kind: 'a' }, value: 2 },
          { name: 'lockstep_some_total', labels: { kind: 'b' }, value: 1 },
        ],
      },
      {
        name: 'lockstep_is',
        type: 'gauge',
        help: 'A yes.',
        samples: [{ name: 'lockstep_is', labels: {}, value: 1 }],
      },
    ])
  })

  test('a histogram counts each value in every bucket that reaches it', () => {
    const text = expose([
      {
        name: 'lockstep_copy_seconds',
        help: 'Steps.',
        ends: [0.1, 1],
        series: [{ labels: { step: 'seen' }, values: [0.05, 0.1, 0.5, 7] }],
      },
    ])
    expect(
      readExposition(text)[0]?.samples.map(({ name, labels, value }) => [name, labels.le, value]),
    ).toEqual([
      ['lockstep_copy_seconds_bucket', '0.1', 2],
      ['lockstep_copy_seconds_bucket', '1', 3],
      ['lockstep_copy_seconds_bucket', '+Inf', 4],
      ['lockstep_copy_seconds_sum', undefined, 7.65],
      ['lockstep_copy_seconds_count', undefined, 4],
    ])
  })
})

describe('control: the reader refuses', () => {
  const head = '# HELP a b\n# TYPE a gauge\n'
  test.each([
    ['no end of the last line', `${head}a 1`],
    ['a family without help', '# TYPE a gauge\na 1\n'],
    ['a sample of another family', `${head}b 1\n`],
    ['a family without samples', head],
    ['a family twice', `${head}a 1\n${head}a 2\n`],
    ['a sample twice', `${head}a{x="1"} 1\na{x="1"} 2\n`],
    ['an unescaped quote', `${head}a{x="1"2"} 1\n`],
    ['an unknown escape', `${head}a{x="\\t"} 1\n`],
    ['a label that does not end', `${head}a{x="1} 1\n`],
    ['a label twice', `${head}a{x="1",x="2"} 1\n`],
    ['no number', `${head}a yes\n`],
    ['no value', `${head}a\n`],
    ['a name with a dash', '# HELP a-b c\n# TYPE a-b gauge\na-b 1\n'],
    ['an unknown type', '# HELP a b\n# TYPE a rate\na 1\n'],
    ['a counter without _total', '# HELP a b\n# TYPE a counter\na 1\n'],
    [
      'buckets that fall',
      '# HELP h b\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
    ],
    [
      'a count beside its buckets',
      '# HELP h b\n# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n',
    ],
  ])('%s', (_, text) => {
    expect(() => readExposition(text)).toThrow()
  })
})
