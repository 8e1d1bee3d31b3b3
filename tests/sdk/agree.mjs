// The JavaScript half of tests/deeplinks/test_agreement.py: one JSON string a line on stdin,
// one JSON object a line on stdout, with what `parse` and `capture` make of the text.
import { createInterface } from 'node:readline'

import { capture, parse } from '../../static/sdk/src/deep-link.js'

const lines = createInterface({ input: process.stdin, crlfDelay: Infinity })
let answers = []

const flush = () => {
  process.stdout.write(answers.join(''))
  answers = []
}

for await (const line of lines) {
  const text = JSON.parse(line)
  answers.push(JSON.stringify({ parse: parse(text), capture: capture(text) }) + '\n')
  if (answers.length >= 1000) flush()
}
flush()
