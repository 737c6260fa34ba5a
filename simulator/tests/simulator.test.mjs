// The built simulator from outside: a tiny webhook receiver here, the program there.
//   node --test simulator/tests/        (SIMULATOR=path/to/tickwire-simulator; default build/release/bin)
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { fileURLToPath } from 'node:url'
import { after, beforeEach, before, describe, test } from 'node:test'

const program = process.env.SIMULATOR ?? fileURLToPath(new URL('../../build/release/bin/tickwire-simulator', import.meta.url))
const secret = 'sample-app-secret'
const sofia = '393550100201'

/** Keeps every webhook; `answer` decides over the status. Conditions are waited for, never a time. */
class Receiver {
  posts = []
  handshakes = []
  answer = () => 200
  waiting = []

  async start() {
    this.server = http.createServer((request, response) => {
      const chunks = []
      request.on('data', chunk => chunks.push(chunk))
      request.on('end', () => {
        if (request.method === 'GET') {
          const query = new URL(request.url, 'http://here').searchParams
          this.handshakes.push(query)
          response.writeHead(200, { 'content-type': 'text/plain' }).end(query.get('hub.challenge'))
        } else {
          const bytes = Buffer.concat(chunks)
          const post = { bytes, body: JSON.parse(bytes), signature: request.headers['x-hub-signature-256'], at: performance.now(), port: request.socket.remotePort }
          this.posts.push(post)
          const status = this.answer(post, this.posts.length)
          if (status === 0) request.socket.destroy()
          else response.writeHead(status).end()
        }
        this.waiting = this.waiting.filter(({ condition, resolve }) => !condition() || resolve())
      })
    })
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    this.url = `http://127.0.0.1:${this.server.address().port}/webhook`
  }
  stop() { this.server.closeAllConnections(); this.server.close() }
  clear() { this.posts = []; this.answer = () => 200 }
  until(condition) { return condition() ? undefined : new Promise(resolve => this.waiting.push({ condition, resolve: () => { resolve(); return false } })) }

  values() { return this.posts.flatMap(post => post.body.entry.flatMap(entry => entry.changes.map(change => change.value))) }
  statuses(wamid) { return this.values().flatMap(value => value.statuses ?? []).filter(status => !wamid || status.id === wamid) }
  messages() { return this.values().flatMap(value => value.messages ?? []) }
}

async function startSimulator(...flags) {
  const child = spawn(program, ['--port', '0', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  const address = await new Promise((resolve, reject) => {
    child.stderr.on('data', chunk => {
      said += chunk
      const found = said.match(/listening on (http:\/\/\S+)\n/)
      if (found) resolve(found[1])
    })
    child.on('exit', code => reject(new Error(`ended with ${code}: ${said}`)))
  })
  return { child, address }
}

const receiver = new Receiver()
let simulator
const call = async (method, path, body, headers = {}) => {
  const answer = await fetch(simulator.address + path, {
    method, redirect: 'manual',
    headers: { ...(body !== undefined ? { 'content-type': 'application/json' } : {}), ...headers },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await answer.text()
  let json
  try { json = JSON.parse(text) } catch { /* an answer that is meant to be broken */ }
  return { status: answer.status, headers: answer.headers, text, json }
}
const token = { authorization: 'Bearer made-up-token' }
const graph = (body, path = '/v25.0/100000000000001/messages') => call('POST', path, body, token)
const text = (to = `+${sofia}`, more = {}) => ({ messaging_product: 'whatsapp', to, type: 'text', text: { body: 'Buongiorno' }, ...more })
const set = async patch => { const answer = await call('PATCH', '/simulator/options', patch); assert.equal(answer.status, 200, answer.text) }
const idle = async () => assert.equal((await call('GET', '/simulator/idle')).status, 200)
const journal = async (query = '') => (await call('GET', `/simulator/journal${query}`)).json.entries

before(async () => {
  await receiver.start()
  simulator = await startSimulator('--webhook-url', receiver.url, '--app-secret', secret, '--verify-token', 'sample-verify', '--retry-base', '5')
  await receiver.until(() => receiver.handshakes.length === 1)
})
after(async () => {
  simulator.child.kill('SIGTERM')
  const [code] = simulator.child.exitCode === null ? await once(simulator.child, 'exit') : [simulator.child.exitCode]
  receiver.stop()
  assert.equal(code, 0)
})
beforeEach(async () => {
  await idle()
  receiver.clear()
  await set({ nextSend: { outcome: 'as-usual' }, latency: 0, duplicate: 0, drop: 0, reorder: 0, skipDelivered: 0, wrongSignature: 0, missingSignature: 0, batchSize: 1, batchWait: 20, statusesBeforeAnswer: false, webhooks: true, pairLimit: false, throughputLimit: 0, enforceWindow: false, accessToken: '', seed: 7 })
  await call('POST', '/simulator/customers', { phone: sofia, online: true, reads: true })
  await idle()
  receiver.clear()
  await call('DELETE', '/simulator/journal')
})

describe('sending', () => {
  test('a text is accepted, then told sent, delivered and read in order, with our callback data', async () => {
    const answer = await graph(text(undefined, { biz_opaque_callback_data: 'm_1' }))
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.json.contacts, [{ input: `+${sofia}`, wa_id: sofia }])
    const wamid = answer.json.messages[0].id
    assert.match(wamid, /^wamid\.[A-Za-z0-9+/]+=*$/)
    assert.match(answer.headers.get('x-fb-trace-id'), /^.{11}$/)
    assert.equal(answer.headers.get('facebook-api-version'), 'v25.0')

    await idle()
    const statuses = receiver.statuses(wamid)
    assert.deepEqual(statuses.map(status => status.status), ['sent', 'delivered', 'read'])
    for (const status of statuses) {
      assert.equal(status.biz_opaque_callback_data, 'm_1')
      assert.equal(status.recipient_id, sofia)
      assert.match(status.timestamp, /^\d+$/)
    }
    assert.deepEqual(statuses.map(status => 'pricing' in status), [true, true, false])
    assert.ok(receiver.values().every(value => value.contacts.length === 1 && value.metadata.phone_number_id === '100000000000001'))
  })

  test('every webhook is signed over exactly its bytes, and its bytes are ASCII with escaped slashes', async () => {
    await call('POST', '/simulator/inbound', { from: sofia, text: 'Così 🚀 https://example.com/a' })
    await idle()
    const [post] = receiver.posts
    assert.equal(post.signature, 'sha256=' + createHmac('sha256', secret).update(post.bytes).digest('hex'))
    const raw = post.bytes.toString('latin1')
    assert.ok(raw.includes('Cos\\u00ec \\ud83d\\ude80 https:\\/\\/example.com\\/a'), raw)
    assert.equal(post.body.entry[0].changes[0].value.messages[0].text.body, 'Così 🚀 https://example.com/a')
  })

  test('the path may lack a version, other numbers and tokens are refused as Meta refuses them', async () => {
    assert.equal((await graph(text(), '/100000000000001/messages')).status, 200)
    const foreign = await graph(text(), '/v25.0/999/messages')
    assert.equal(foreign.status, 400)
    assert.equal(foreign.json.error.code, 100)
    assert.equal(foreign.json.error.error_subcode, 33)

    await set({ accessToken: 'the-good-one' })
    const refused = await graph(text())
    assert.equal(refused.status, 401)
    assert.equal(refused.json.error.code, 190)
    assert.ok(!('error_data' in refused.json.error))
    assert.equal((await call('POST', '/v25.0/100000000000001/messages', text())).json.error.code, 104)
  })

  test('faults in a message are named, and nothing is sent', async () => {
    for (const [body, code] of [
      [{ ...text(), messaging_product: undefined }, 100],
      [{ ...text(), text: { body: 'x'.repeat(4097) } }, 131009],
      [{ ...text(), text: undefined }, 131008],
      [{ ...text(), to: 'nobody' }, 131009],
      [{ ...text(), to: '+15550001000' }, 131021],
      ['{', 100],
    ]) {
      const answer = await graph(body)
      assert.equal(answer.json.error.code, code, answer.text)
      assert.equal(answer.status, 400)
    }
    await idle()
    assert.equal(receiver.posts.length, 0)
    assert.equal((await graph({ ...text(), text: { body: '🚀'.repeat(4096) } })).status, 200)
  })

  test('codes that Meta answers at once are answered, those it tells later come as failed', async () => {
    await set({ nextSend: { outcome: 'error', code: 131056 } })
    const refused = await graph(text())
    assert.equal(refused.status, 400)
    assert.equal(refused.json.error.code, 131056)
    assert.ok(refused.json.error.error_data.details)

    await set({ nextSend: { outcome: 'error', code: 131047 } })
    const taken = await graph(text())
    assert.equal(taken.status, 200)
    await idle()
    const [failed, ...more] = receiver.statuses(taken.json.messages[0].id)
    assert.equal(more.length, 0)
    assert.equal(failed.status, 'failed')
    assert.equal(failed.errors[0].code, 131047)
    assert.ok(!receiver.values()[0].contacts)

    assert.equal((await graph(text())).status, 200, 'only the next one was to fail')
  })

  test('a read receipt marks the message and those before it on the phone', async () => {
    const { wamids } = (await call('POST', '/simulator/inbound', { from: sofia, text: 'Ci siete?', count: 3 })).json
    await idle()
    const answer = await graph({ messaging_product: 'whatsapp', status: 'read', message_id: wamids[1], typing_indicator: { type: 'text' } })
    assert.deepEqual(answer.json, { success: true })
    const { customers } = (await call('GET', '/simulator/customers?messages=500')).json
    const mine = customers.find(one => one.phone === sofia).messages.filter(message => wamids.includes(message.wamid))
    assert.deepEqual(mine.map(message => message.status), ['read', 'read', 'delivered'])
  })
})

describe('lost answers', () => {
  for (const outcome of ['accept-then-reset', 'accept-then-hang', 'truncated']) {
    test(`${outcome}: the sender learns nothing, the message arrives all the same`, async () => {
      await set({ nextSend: { outcome } })
      const request = http.request(`${simulator.address}/v25.0/100000000000001/messages`, { method: 'POST', headers: { ...token, 'content-type': 'application/json' } })
      const ended = new Promise(resolve => {
        request.on('error', error => resolve(error.code))
        request.on('response', response => response.on('error', error => resolve(error.code)).resume())
      })
      request.end(JSON.stringify(text(undefined, { biz_opaque_callback_data: `m_${outcome}` })))
      await receiver.until(() => receiver.statuses().length === 3)
      if (outcome === 'accept-then-hang') request.destroy()
      assert.equal(await ended, 'ECONNRESET')
      assert.ok(receiver.statuses().every(status => status.biz_opaque_callback_data === `m_${outcome}`))
      const [record] = await journal('?kind=request')
      assert.equal(record.outcome, outcome)
      assert.ok(record.wamid)
      assert.equal(record.callbackData, `m_${outcome}`)
    })
  }

  test('html, redirect and broken JSON', async () => {
    await set({ nextSend: { outcome: 'html' } })
    const html = await graph(text())
    assert.equal(html.status, 502)
    assert.match(html.headers.get('content-type'), /text\/html/)
    await set({ nextSend: { outcome: 'redirect' } })
    assert.equal((await graph(text())).status, 302)
    await idle()
    assert.equal(receiver.posts.length, 0)
    await set({ nextSend: { outcome: 'broken-json' } })
    const broken = await graph(text())
    assert.equal(broken.status, 200)
    assert.equal(broken.json, undefined)
  })
})

describe('webhooks', () => {
  test('anything but 200 is tried again with the same bytes: at once, then with growing gaps', async () => {
    await set({ retryBase: 40 })
    receiver.answer = (post, count) => [500, 0, 204, 302, 200][count - 1]
    await call('POST', '/simulator/inbound', { from: sofia, text: 'Pronto?' })
    await idle()
    assert.equal(receiver.posts.length, 5)
    assert.equal(new Set(receiver.posts.map(post => post.bytes.toString())).size, 1)
    const gaps = receiver.posts.slice(1).map((post, n) => post.at - receiver.posts[n].at)
    assert.ok(gaps[0] < gaps[2] && gaps[1] >= 39 && gaps[2] >= 79 && gaps[3] >= 159, String(gaps))

    const [record] = await journal('?kind=webhook')
    assert.equal(record.state, 'delivered')
    assert.deepEqual(record.attempts.map(attempt => attempt.status), [500, 0, 204, 302, 200])
    await set({ retryBase: 5 })
  })

  test('wrong and missing signatures stand on the first attempt; the repetition is signed right', async () => {
    const good = post => post.signature === 'sha256=' + createHmac('sha256', secret).update(post.bytes).digest('hex')
    receiver.answer = post => (good(post) ? 200 : 401)
    await set({ wrongSignature: 1 })
    await call('POST', '/simulator/inbound', { from: sofia, text: 'falso' })
    await idle()
    await set({ wrongSignature: 0, missingSignature: 1 })
    await call('POST', '/simulator/inbound', { from: sofia, text: 'nudo' })
    await idle()
    assert.deepEqual(receiver.posts.map(post => (post.signature === undefined ? 'none' : good(post))), [false, true, 'none', true])
  })

  test('the same seed gives the same faults, another one does not', async () => {
    const story = async seed => {
      await set({ seed, duplicate: 0.4, drop: 0.2, reorder: 0.5, skipDelivered: 0.3 })
      receiver.clear()
      for (let n = 0; n < 12; ++n) {
        await graph(text())
        await idle()
      }
      return receiver.statuses().map(status => status.status).join()
    }
    const first = await story(2081)
    assert.equal(await story(2081), first)
    assert.notEqual(await story(2082), first)
  })

  test('batches hold several items and lose none', async () => {
    await set({ batchSize: 50 })
    const { wamids } = (await call('POST', '/simulator/inbound', { from: sofia, text: 'raffica', count: 120 })).json
    await idle()
    assert.equal(receiver.posts.length, 3)
    assert.deepEqual(receiver.messages().map(message => message.id).sort(), [...wamids].sort())
  })

  test('statuses can come before the answer', async () => {
    await set({ statusesBeforeAnswer: true })
    let answered = false
    receiver.answer = () => { assert.equal(answered, false); return 200 }
    const sent = graph(text())
    await receiver.until(() => receiver.posts.length > 0)
    receiver.answer = () => 200
    answered = true
    assert.equal((await sent).status, 200)
  })

  test('a body is signed and posted just as given', async () => {
    const body = '{"object":"whatsapp_business_account","entry":[]}'
    const answer = await call('POST', '/simulator/webhook', body)
    assert.equal(answer.json.status, 200)
    assert.equal(receiver.posts[0].bytes.toString(), body)
    assert.equal(receiver.posts[0].signature, 'sha256=4345305ed97f01246987e15cca2024ef5b01055892ae2b906ec4d8c5b6c89aa1')
    await call('POST', '/simulator/webhook?signature=missing', body)
    assert.equal(receiver.posts[1].signature, undefined)
  })

  test('switched off, nothing is told and the journal says so', async () => {
    await set({ webhooks: false })
    await graph(text())
    await idle()
    assert.equal(receiver.posts.length, 0)
    assert.deepEqual((await journal('?kind=webhook')).map(entry => entry.state), ['dropped', 'dropped', 'dropped'])
  })

  test('connections are kept: a thousand webhooks need no more than the allowed sixteen', async () => {
    await call('POST', '/simulator/inbound', { from: sofia, text: 'molti', count: 1000 })
    await idle()
    assert.equal(receiver.posts.length, 1000)
    assert.ok(new Set(receiver.posts.map(post => post.port)).size <= 16)
  })
})

describe('phones', () => {
  test('off: one tick; on: delivered; read by hand', async () => {
    await call('POST', '/simulator/customers', { phone: sofia, online: false, reads: false })
    const { json } = await graph(text())
    const wamid = json.messages[0].id
    await idle()
    assert.deepEqual(receiver.statuses(wamid).map(status => status.status), ['sent'])
    await call('POST', '/simulator/customers', { phone: sofia, online: true })
    await idle()
    assert.deepEqual(receiver.statuses(wamid).map(status => status.status), ['sent', 'delivered'])
    const read = await call('POST', '/simulator/read', { phone: sofia })
    assert.ok(read.json.read >= 1)
    await idle()
    assert.deepEqual(receiver.statuses(wamid).map(status => status.status), ['sent', 'delivered', 'read'])
  })

  test('pictures, voice notes, places and reactions arrive, and media can be fetched with the token only', async () => {
    await graph(text())
    await idle()
    receiver.clear()
    for (const kind of ['picture', 'voice', 'location', 'reaction'])
      assert.equal((await call('POST', '/simulator/inbound', { from: sofia, kind })).status, 201)
    await idle()
    const messages = receiver.messages()
    assert.deepEqual(messages.map(message => message.type).sort(), ['audio', 'image', 'location', 'reaction'])
    const { image } = messages.find(message => message.type === 'image')
    const described = await call('GET', `/v25.0/${image.id}`, undefined, token)
    assert.equal(described.json.sha256, image.sha256)
    const bytes = await fetch(described.json.url, { headers: token })
    assert.equal(bytes.headers.get('content-type'), 'image/png')
    assert.deepEqual([...new Uint8Array(await bytes.arrayBuffer()).slice(0, 4)], [0x89, 0x50, 0x4e, 0x47])
    assert.equal((await fetch(described.json.url)).status, 401)
    assert.equal((await fetch(described.json.url.replace(/ext=\d/, 'ext=9'), { headers: token })).status, 404)
  })

  test('uploads are kept and can be sent', async () => {
    const form = new FormData()
    form.set('messaging_product', 'whatsapp')
    form.set('file', new Blob(['%PDF-1.4 listino'], { type: 'application/pdf' }), 'listino.pdf')
    const uploaded = await fetch(`${simulator.address}/v25.0/100000000000001/media`, { method: 'POST', headers: token, body: form })
    const { id } = await uploaded.json()
    const document = { messaging_product: 'whatsapp', to: `+${sofia}`, type: 'document', document: { id, filename: 'listino.pdf' } }
    assert.equal((await graph(document)).status, 200)
    assert.equal((await graph({ ...document, document: { id: '1' } })).json.error.code, 131009)
    assert.deepEqual((await call('DELETE', `/v25.0/${id}`, undefined, token)).json, { success: true })
    assert.equal((await graph(document)).json.error.code, 131009)
  })

  test('a group: one sent for all, then a status for each member', async () => {
    const id = 'Z3JvdXA6c2FtcGxl'
    await call('POST', '/simulator/groups', { id, subject: 'Cantiere', participants: [sofia, '971550100202'] })
    const { json } = await graph({ ...text(id), recipient_type: 'group' })
    assert.equal(json.messages[0].group_id, id)
    await idle()
    const statuses = receiver.statuses(json.messages[0].id)
    assert.deepEqual(statuses.filter(status => status.status === 'sent').map(status => status.recipient_participant_id), [undefined])
    for (const kind of ['delivered', 'read'])
      assert.deepEqual(statuses.filter(status => status.status === kind).map(status => status.recipient_participant_id).sort(), [sofia, '971550100202'])
    assert.ok(statuses.every(status => status.recipient_id === id && status.recipient_type === 'group'))
  })

  test('limits, when switched on, refuse the 46th message to one person and too many in a second', async () => {
    await set({ pairLimit: true })
    const codes = []
    for (let n = 0; n < 46; ++n) codes.push((await graph(text('+15550107777'))).json.error?.code)
    assert.deepEqual(codes.slice(0, 45).filter(Boolean), [])
    assert.equal(codes[45], 131056)
    await set({ pairLimit: false, throughputLimit: 2 })
    const many = await Promise.all(Array.from({ length: 10 }, () => graph(text())))
    assert.ok(many.some(answer => answer.json.error?.code === 130429))
  })
})

describe('the page and its interface', () => {
  test('the page comes with a policy that allows nothing from elsewhere and nothing inline', async () => {
    const page = await call('GET', '/')
    assert.equal(page.status, 200)
    const policy = page.headers.get('content-security-policy')
    assert.match(policy, /default-src 'none'/)
    assert.doesNotMatch(policy, /unsafe/)
    assert.doesNotMatch(page.text, /\son\w+=|<style|style=|<script>/)
  })

  test('it is told by events: first everything, then what changes', async () => {
    const abort = new AbortController()
    const stream = await fetch(`${simulator.address}/simulator/events`, { signal: abort.signal })
    assert.match(stream.headers.get('content-type'), /event-stream/)
    const decoder = new TextDecoder()
    let received = ''
    const reader = stream.body.getReader()
    const until = async wanted => { while (!received.includes(wanted)) { const { value, done } = await reader.read(); assert.ok(!done); received += decoder.decode(value, { stream: true }) } }
    await until('event: state\n')
    await call('POST', '/simulator/inbound', { from: sofia, text: 'diretta-4711' })
    await until('event: message\n')
    await until('diretta-4711')
    await until('"status":"delivered"')
    abort.abort()
  })

  test('pages of other origins and wrong options are refused', async () => {
    assert.equal((await call('POST', '/simulator/inbound', { from: sofia, text: 'no' }, { origin: 'https://elsewhere.example' })).status, 403)
    for (const patch of [{ latency: -1 }, { duplicate: 2 }, { nonsense: 1 }, { webhooks: 'yes' }, { nextSend: { outcome: 'maybe' } }])
      assert.equal((await call('PATCH', '/simulator/options', patch)).status, 400)
  })

  test('a request that is no HTTP ends its connection and nothing else', async () => {
    const { port } = new URL(simulator.address)
    const socket = net.connect(Number(port), '127.0.0.1', () => socket.write('\x16\x03\x01 nonsense\r\n\r\n'))
    socket.resume()
    await once(socket, 'close')
    assert.equal((await call('GET', '/simulator/options')).status, 200)
  })
})

test('SIGTERM in the middle of everything ends it at once and cleanly', async () => {
  const { child, address } = await startSimulator('--webhook-url', 'http://127.0.0.1:9/nobody', '--step-delay', '60000')
  const ended = once(child, 'exit')
  const post = (path, body, method = 'POST') => fetch(address + path, { method, headers: { ...token, 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const events = await fetch(`${address}/simulator/events`)
  await post('/100000000000001/messages', text()) // its statuses wait
  await post('/simulator/inbound', { from: sofia, text: 'nessuno ascolta', count: 50 }) // these are tried again and again
  await post('/simulator/options', { nextSend: { outcome: 'accept-then-hang' } }, 'PATCH')
  const hanging = assert.rejects(post('/100000000000001/messages', text()))
  const silence = assert.rejects(fetch(`${address}/simulator/idle`).then(answer => answer.text()))
  const watched = events.text() // an open page: its stream just ends
  for (;;) { // until the hanging send was taken on
    const { entries } = await (await fetch(`${address}/simulator/journal?kind=request`)).json()
    if (entries.some(entry => entry.outcome === 'accept-then-hang')) break
  }
  child.kill('SIGTERM')
  assert.deepEqual(await ended, [0, null])
  await Promise.all([hanging, silence, watched])
})
