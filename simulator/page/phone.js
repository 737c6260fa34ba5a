// The customer's phone. Told by events, it draws what the simulator holds; it keeps nothing of its own but the draft
// and who was chosen. Everything from outside goes in as text, never as markup.
'use strict'
{
  const theme = new URLSearchParams(location.search).get('theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
}

addEventListener('DOMContentLoaded', () => {
  const $ = id => document.getElementById(id)
  const svg = 'http://www.w3.org/2000/svg'
  const wireMost = 60
  const messagesMost = 60
  const samples = { // by first name: the invented people write in their own language
    Sofia: ['Buongiorno! Le piastrelle esagonali sono ancora disponibili?', 'Bellissime. Posso passare sabato a vederle?', 'Perfetto, a sabato!', 'Quanto costa la posa al metro?'],
    Omar: ['مساء الخير، هل البلاط الأزرق متوفر؟', 'شكرا، كم سعر المتر؟', 'ممتاز، سأمر غدا صباحا.'],
    Lívia: ['Bom dia! Vocês entregam em São Paulo?', 'Ótimo, preciso de 24 m².', 'Combinado, obrigada!'],
    other: ['Hello! Do you still have the hexagon tiles?', 'Could you send me a picture in daylight?', 'Great, I will come by on Saturday.', 'How much is delivery?'],
  }
  const newNames = ['Mara Lindqvist', 'Teo Okafor', 'Ines Valdez', 'Jonas Reuter', 'Priya Nair', 'Luca Bertoni', 'Yuki Tan', 'Amara Diallo']

  // ── State: what the simulator said last ───────────────────────────
  let options = {}
  const people = new Map() // by number, in order of appearance
  let wire = [] // newest first
  let chosen = localStorageGet('phone')
  const typing = new Map() // number → when it ends
  const sent = new Map() // number → how many samples were used

  function localStorageGet(name) { try { return localStorage.getItem(name) } catch { return null } }
  function localStorageSet(name, value) { try { localStorage.setItem(name, value) } catch { /* private window */ } }

  // ── Drawing tools ─────────────────────────────────────────────────
  function el(tag, attributes = {}, ...children) {
    const made = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) {
      if (value === undefined || value === false) continue
      if (name === 'class') made.className = value
      else made.setAttribute(name, value === true ? '' : value)
    }
    made.append(...children.filter(child => child !== undefined && child !== null && child !== ''))
    return made
  }
  function drawing(tag, attributes, ...children) {
    const made = document.createElementNS(svg, tag)
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
    made.append(...children)
    return made
  }
  /** Makes `nodes` the children of `list`, touching only what differs: focus, playing sound and screen readers stay calm. */
  function keep(list, nodes) {
    const wanted = new Set(nodes)
    for (const child of [...list.children]) if (!wanted.has(child)) child.remove()
    nodes.forEach((node, n) => { if (list.children[n] !== node) list.insertBefore(node, list.children[n] ?? null) })
  }
  const icon = name => drawing('svg', { class: 'i s', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, drawing('use', { href: `#i-${name}` }))
  const clock = time => time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false })
  const stamp = time => `${time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false })}.${String(time.getMilliseconds()).padStart(3, '0')}`
  const put = (node, text) => { if (node.textContent !== text) node.textContent = text }
  const person = () => people.get(chosen)
  const firstName = someone => someone.name.split(' ')[0]
  const safeLink = url => (/^https?:\/\//i.test(url ?? '') ? url : undefined)

  const tickLabel = status => ({ sending: 'On its way', delivered: 'Delivered to the business', read: 'Read by the business' })[status] ?? status
  function tick(status) {
    return el('span', { class: 'tick', 'data-s': status },
      drawing('svg', { viewBox: '0 0 20 16', 'aria-hidden': 'true' },
        drawing('path', { class: 'k', d: 'M10 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM10 5v3.25l2 1.5' }),
        drawing('path', { class: 't1', d: 'M1.5 7.25 5 10.75 12 3.25' }),
        drawing('path', { class: 't2', pathLength: '1', d: 'M9.1 9.35 10.5 10.75 17.5 3.25' }),
        drawing('path', { class: 'w', pathLength: '1', d: 'M1.5 14.25h16' })),
      el('span', { class: 'sr' }, tickLabel(status)))
  }

  // ── Calls ─────────────────────────────────────────────────────────
  let saidTimer
  function say(sentence) {
    $('said').textContent = sentence
    $('said').hidden = false
    clearTimeout(saidTimer)
    saidTimer = setTimeout(() => { $('said').hidden = true }, 5000)
  }
  async function call(method, path, body) {
    try {
      const answer = await fetch(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
      const read = await answer.json()
      if (!answer.ok) say(read.error)
      return answer.ok ? read : undefined
    } catch {
      say('The simulator does not answer.')
    }
  }
  const change = patch => call('PATCH', 'simulator/options', patch)

  // ── One message ───────────────────────────────────────────────────
  const mediaUrl = content => (/^\d+$/.test(content.id ?? '') ? `simulator/media/${content.id}` : undefined)

  function inside(message) {
    const { type, content } = message
    const what = text => el('span', { class: 'what' }, text)
    const words = text => (text ? String(text) : '')
    switch (type) {
      case 'text': return { text: words(content.body) }
      case 'image':
      case 'sticker': {
        const source = mediaUrl(content)
        return source ? { picture: el('img', { src: source, alt: words(content.caption) || 'A picture', loading: 'lazy' }), text: words(content.caption) } : { above: what('A picture from elsewhere, not fetched here'), text: words(content.caption ?? content.link) }
      }
      case 'audio': return mediaUrl(content) ? { above: el('audio', { controls: true, preload: 'none', src: mediaUrl(content), 'aria-label': 'Voice note' }) } : { above: what('Audio') }
      case 'video': return { above: what('A video'), text: words(content.caption) }
      case 'document': return { above: el('span', { class: 'place' }, icon('doc'), el('span', { dir: 'auto' }, words(content.filename) || 'A document')), text: words(content.caption) }
      case 'location': return { above: el('span', { class: 'place' }, icon('place'), el('span', { dir: 'auto' }, words(content.name) || `${content.latitude}, ${content.longitude}`, el('small', {}, words(content.address) || 'Location'))) }
      case 'contacts': return { above: what('Contact'), text: (content.contacts ?? []).map(card => card?.name?.formatted_name ?? '').join(', ') }
      case 'template': return { above: what('Template'), text: words(content.name) }
      case 'interactive': {
        const choices = content.action?.buttons?.map(button => button.reply?.title) ?? (content.action?.button ? [content.action.button] : content.action?.parameters?.display_text ? [content.action.parameters.display_text] : [])
        return { text: words(content.body?.text), below: choices.length ? el('span', { class: 'choices' }, ...choices.map(title => el('span', {}, words(title)))) : undefined }
      }
      default: return { above: what(`A message of the kind “${type}”`) }
    }
  }

  function bubble(message, before, reactions, all) {
    const parts = inside(message)
    const fresh = !message.mine && message.status === 'delivered'
    const quoted = message.quoted && all.find(other => other.wamid === message.quoted)
    const meta = el('span', { class: parts.text || parts.picture ? 'meta' : 'meta own' }, el('time', { datetime: message.at }, clock(new Date(message.at))), message.mine ? tick(message.status) : undefined)
    return el('div', { class: ['ph-b', message.mine && 'me', before?.mine !== message.mine && 'gap', fresh && 'new', parts.picture && 'has-pic', reactions.length && 'reacted'].filter(Boolean).join(' ') },
      quoted ? el('span', { class: 'quote', dir: 'auto' }, inside(quoted).text || quoted.type) : undefined,
      message.groupId ? el('span', { class: 'what' }, 'In a group') : undefined,
      parts.picture, parts.above,
      parts.text || parts.picture ? el('p', { class: 'text', dir: 'auto' }, parts.text ?? '', ' ', meta) : meta,
      parts.below,
      reactions.length ? el('span', { class: 'react' }, ...reactions) : undefined)
  }

  const bubbles = new Map() // wamid → {node, look}: a bubble is drawn anew only when more than its ticks changed
  function bubbleOf(message, before, reactions, all) {
    const look = JSON.stringify([message.content, message.quoted, before?.mine, reactions])
    const known = bubbles.get(message.wamid)
    if (known?.look !== look) {
      const node = bubble(message, before, reactions, all)
      bubbles.set(message.wamid, { node, look })
      return node
    }
    known.node.classList.toggle('new', !message.mine && message.status === 'delivered')
    const shown = known.node.querySelector('.tick')
    if (shown && shown.dataset.s !== message.status) {
      shown.dataset.s = message.status
      shown.querySelector('.sr').textContent = tickLabel(message.status)
    }
    return known.node
  }
  const notes = new Map() // text → node
  function note(text, mood = '') {
    if (!notes.has(text)) notes.set(text, el('p', { class: `ph-note ${mood}`.trim() }, text))
    return notes.get(text)
  }

  // ── The parts of the page ─────────────────────────────────────────
  function drawMessages() {
    const someone = person()
    const list = $('messages')
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 48 || list.dataset.phone !== chosen
    list.dataset.phone = chosen
    const all = someone?.messages ?? []
    const here = all.filter(message => message.type !== 'reaction' && (message.mine || message.status === 'delivered' || message.status === 'read'))

    const reactions = new Map() // wamid → author → emoji
    for (const message of all.filter(one => one.type === 'reaction' && one.status !== 'failed')) {
      const target = message.content.message_id
      if (!reactions.has(target)) reactions.set(target, new Map())
      reactions.get(target).set(message.mine, message.content.emoji ?? '')
    }

    const drawn = []
    let day = ''
    here.forEach((message, n) => {
      const at = new Date(message.at)
      const name = at.toDateString() === new Date().toDateString() ? 'Today' : at.toLocaleDateString([], { weekday: 'long', day: 'numeric', month: 'long' })
      if (name !== day) drawn.push(note((day = name)))
      drawn.push(bubbleOf(message, here[n - 1], [...(reactions.get(message.wamid)?.values() ?? [])].filter(Boolean), all))
    })
    const waiting = all.filter(message => !message.mine && message.status === 'sent' && message.type !== 'reaction').length
    const failed = all.filter(message => !message.mine && message.status === 'failed').at(-1)
    if (someone && !someone.online) drawn.push(note(waiting ? `This phone is off. ${waiting === 1 ? 'One message waits' : `${waiting} messages wait`} for it.` : 'This phone is off.'))
    if (failed && failed === all.filter(message => message.type !== 'reaction').at(-1)) drawn.push(note(`A message of the team did not arrive (${failed.code}).`, 'bad'))
    if (!drawn.length) drawn.push(note('Nothing here yet. Write something below.'))

    const stay = new Set(drawn)
    for (const [wamid, { node }] of bubbles) if (!stay.has(node)) bubbles.delete(wamid)
    keep(list, drawn)
    if (atEnd) list.scrollTop = list.scrollHeight
  }

  const faces = new Map() // number → button
  const stranger = el('button', { type: 'button', class: 'stranger', 'aria-pressed': 'false' }, 'New person')
  stranger.onclick = () => newPerson()
  function drawPeople() {
    const all = [...people.values()].sort((one, other) => one.number - other.number)
    const shown = all.slice(0, all.length > 3 ? 2 : 3)
    const wanted = shown.map(someone => {
      const button = faces.get(someone.phone) ?? el('button', { type: 'button' })
      faces.set(someone.phone, button)
      button.setAttribute('aria-pressed', String(someone.phone === chosen))
      button.title = `${someone.name}, +${someone.phone}`
      button.onclick = () => choose(someone.phone)
      put(button, firstName(someone))
      return button
    })
    keep($('people'), [...wanted, stranger])

    const rest = all.slice(shown.length)
    $('others-box').hidden = rest.length === 0
    if (document.activeElement !== $('others')) {
      const nobody = el('option', { value: '' }, `${rest.length} more …`)
      $('others').replaceChildren(nobody, ...rest.map(someone => el('option', { value: someone.phone, selected: someone.phone === chosen }, `${someone.name} · +${someone.phone}`)))
    }
  }

  function drawPhone() {
    const someone = person()
    const name = someone ? firstName(someone) : 'somebody'
    $('phone').setAttribute('aria-label', someone ? `Simulated phone of ${someone.name}` : 'Simulated phone')
    $('messages').setAttribute('aria-label', `What ${name} sees`)
    put($('send-as'), `Send as ${name}`)
    put($('draft-label'), `Write as ${name}`)
    $('draft').placeholder = `Write as ${name}`
    put($('business'), options.businessName ?? '')
    put($('face'), (options.businessName ?? '').split(/\s+/).map(word => word[0] ?? '').slice(0, 2).join('').toUpperCase())
    put($('doing'), (typing.get(chosen) ?? 0) > Date.now() ? 'typing …' : 'Business account')
    $('head').toggleAttribute('data-off', someone ? !someone.online : false)

    $('online').checked = someone?.online ?? false
    $('reads').checked = someone?.reads ?? false
    $('online').disabled = $('reads').disabled = !someone
    const unread = (someone?.messages ?? []).filter(message => !message.mine && message.status === 'delivered').length
    put($('mark-text'), unread === 0 ? 'Nothing to read' : `Mark ${unread} ${unread === 1 ? 'message' : 'messages'} read`)
    $('mark').disabled = unread === 0 || !someone?.online
  }

  function drawOptions() {
    const link = safeLink(options.inboxUrl)
    $('inbox').hidden = !link
    if (link) $('inbox').href = link
    for (const input of document.querySelectorAll('[data-option]')) {
      const value = options[input.dataset.option]
      input.checked = typeof value === 'number' ? value > 0 : value === true
    }
    if (document.activeElement !== $('seed')) $('seed').value = options.seed ?? ''
    if (document.activeElement !== $('delay') || !dragging) {
      $('delay').value = (options.stepDelay ?? 0) / 1000
      drawDelay()
    }
    const next = options.nextSend ?? { outcome: 'as-usual' }
    const wanted = [next.outcome, `${next.outcome} ${next.code}`]
    const known = [...$('next').options].find(option => wanted.includes(option.value))
    $('next').value = known?.value ?? 'as-usual'
  }
  function drawDelay() {
    const range = $('delay')
    range.style.setProperty('--v', `${(range.value / range.max) * 100}%`)
    put($('delay-text'), range.value === '0' ? 'none' : `${range.value} s`)
  }

  function wireRow(entry) {
    const request = entry.kind === 'request'
    let what
    let result
    let mood = ''
    const ms = number => `${number < 10 ? number.toFixed(1) : Math.round(number)} ms`
    if (request) {
      what = `${entry.method} /${entry.path.replace(/^\/(v\d+\.\d+\/)?(\d+\/)?/, '')}`
      if (entry.outcome.startsWith('read')) what = entry.outcome === 'read' ? 'read receipt' : 'read receipt, typing'
      if (entry.path === 'webhook handshake') what = 'webhook handshake'
      result = entry.status ? `${entry.status} · ${entry.code ? `code ${entry.code}` : ms(entry.latency)}` : 'no answer'
      mood = entry.status >= 200 && entry.status < 300 && !['truncated', 'broken-json', 'not verified'].includes(entry.outcome) ? 'ok' : 'bad'
    } else {
      const [first] = entry.items
      const last = entry.attempts.at(-1)
      if (!first) what = 'a body as given'
      else if (entry.items.length > 1) what = `${entry.items.length} in one`
      else if (first.kind === 'status') what = `status ${first.status} ${first.callbackData ?? first.wamid.slice(-12)}`
      else what = first.text ? `message “${first.text}”` : first.type === 'text' ? 'message' : first.type ?? 'message'
      result = entry.state === 'dropped' ? 'not told' : !last ? '…' : `${last.status || 'no answer'}${entry.tries > 1 ? ` · try ${entry.tries}` : last.status ? ` · ${ms(last.latency)}` : ''}`
      mood = entry.state === 'delivered' ? 'ok' : entry.state === 'pending' ? (last ? 'wait' : '') : 'bad'
    }

    const row = el('li', { 'data-seq': entry.seq })
    const summary = el('summary', {}, el('time', { datetime: entry.at }, stamp(new Date(entry.at))), el('span', { 'aria-label': request ? 'to the simulator' : 'from the simulator' }, request && entry.path !== 'webhook handshake' ? '←' : '→'), el('span', { class: 'truncate' }, what), el('span', { class: mood }, result))
    const details = el('details', {}, summary)
    details.addEventListener('toggle', () => {
      if (!details.open || details.querySelector('pre')) return
      let shown = entry.body
      if (!request) try { shown = JSON.parse(entry.body) } catch { /* shown as it is */ }
      details.append(el('pre', { tabindex: '0' }, typeof shown === 'string' ? shown : JSON.stringify(shown, null, 1)))
    })
    row.append(details)
    return row
  }

  function drawWire() {
    const list = $('wire')
    const old = new Map([...list.children].map(row => [row.dataset.seq, row]))
    const rows = wire.map(entry => {
      const kept = old.get(String(entry.seq))
      if (kept && !entry.changed) return kept
      entry.changed = false
      const row = wireRow(entry)
      if (!kept) return row
      // The row stays, so that it keeps focus and what was opened; only its words change.
      kept.querySelector('summary').replaceChildren(...row.querySelector('summary').children)
      return kept
    })
    keep(list, rows.length ? rows : [el('li', { class: 'empty' }, 'Nothing yet.')])
  }

  // Many events may come between two frames: each part is drawn once.
  const dirty = new Set()
  function redraw(...parts) {
    if (dirty.size === 0) requestAnimationFrame(() => { const now = [...dirty]; dirty.clear(); for (const part of now) part() })
    for (const part of parts) dirty.add(part)
  }

  // ── What the simulator says ───────────────────────────────────────
  function know(someone) {
    const had = people.get(someone.phone)
    const known = { ...someone, messages: someone.messages ?? had?.messages ?? [] }
    people.set(someone.phone, known)
    return known
  }
  function noteWire(entry) {
    entry.changed = true
    const at = wire.findIndex(one => one.seq === entry.seq)
    if (at >= 0) wire[at] = entry
    else if (wire.length === 0 || entry.seq > wire[0].seq) wire = [entry, ...wire].slice(0, wireMost)
  }

  const events = new EventSource('simulator/events')
  events.onerror = () => { $('lost').hidden = false }
  events.onopen = () => { $('lost').hidden = true }
  const on = (name, take) => events.addEventListener(name, event => take(JSON.parse(event.data)))
  on('state', state => {
    options = state.options
    people.clear()
    state.customers.forEach(know)
    wire = state.wire.reverse().map(entry => ({ ...entry, changed: true }))
    if (!people.has(chosen)) chosen = [...people.values()].sort((one, other) => one.number - other.number)[0]?.phone
    redraw(drawPeople, drawPhone, drawMessages, drawOptions, drawWire)
  })
  on('options', news => { options = news; redraw(drawOptions, drawPhone) })
  on('customer', someone => { know(someone); chosen ??= someone.phone; redraw(drawPeople, drawPhone, drawMessages) })
  on('message', ({ customer, message }) => {
    const isNew = !people.has(customer.phone)
    const someone = know(customer)
    const at = someone.messages.findIndex(one => one.wamid === message.wamid)
    if (at >= 0) someone.messages[at] = message
    else someone.messages = [...someone.messages, message].slice(-messagesMost)
    if (!message.mine) typing.delete(customer.phone)
    chosen ??= customer.phone
    if (isNew) redraw(drawPeople)
    if (customer.phone === chosen) redraw(drawPhone, drawMessages)
  })
  on('typing', ({ phone }) => {
    typing.set(phone, Date.now() + 25_000)
    redraw(drawPhone)
    setTimeout(() => redraw(drawPhone), 25_100)
  })
  on('wire', entry => { noteWire(entry); redraw(drawWire) })

  // ── What people do ────────────────────────────────────────────────
  function choose(phone) {
    chosen = phone
    localStorageSet('phone', phone)
    redraw(drawPeople, drawPhone, drawMessages)
  }
  async function newPerson() {
    const phone = `155501${String(Math.floor(Math.random() * 100_000)).padStart(5, '0')}`
    const made = await call('POST', 'simulator/customers', { phone, name: newNames[people.size % newNames.length] })
    if (made) choose(made.phone)
  }
  function sample() {
    const name = firstName(person())
    const own = Object.hasOwn(samples, name) ? name : 'other'
    const count = sent.get(chosen) ?? 0
    sent.set(chosen, count + 1)
    return samples[own][count % samples[own].length]
  }
  async function send(kind) {
    if (!chosen) return say('Choose who is writing first.')
    const from = chosen
    if (kind === 'many') return call('POST', 'simulator/inbound', { from, text: 'Message', count: 20 })
    if (kind !== 'text') return call('POST', 'simulator/inbound', { from, kind })
    const draft = $('draft').value.trim()
    if (await call('POST', 'simulator/inbound', { from, text: draft || sample() }) && draft && $('draft').value.trim() === draft) $('draft').value = ''
  }

  for (const button of document.querySelectorAll('[data-send]')) button.onclick = () => send(button.dataset.send)
  $('composer').onsubmit = event => {
    event.preventDefault()
    if ($('draft').value.trim()) send('text')
  }
  $('others').onchange = event => { if (event.target.value) choose(event.target.value) }
  $('online').onchange = event => call('POST', 'simulator/customers', { phone: chosen, online: event.target.checked })
  $('reads').onchange = event => call('POST', 'simulator/customers', { phone: chosen, reads: event.target.checked })
  $('mark').onclick = () => call('POST', 'simulator/read', { phone: chosen })
  $('next').onchange = event => {
    const [outcome, code] = event.target.value.split(' ')
    change({ nextSend: code ? { outcome, code: Number(code) } : { outcome } })
  }
  let dragging = false
  $('delay').oninput = () => { dragging = true; drawDelay() }
  $('delay').onchange = () => { dragging = false; change({ stepDelay: Math.round($('delay').value * 1000) }) }
  for (const input of document.querySelectorAll('[data-option]'))
    input.onchange = async () => {
      const on = input.checked
      const value = input.dataset.on ? (on ? Number(input.dataset.on) : 0) : on
      if (!await change({ [input.dataset.option]: value })) redraw(drawOptions)
    }
  $('seed').onchange = async () => {
    const seed = Number($('seed').value)
    if (!Number.isSafeInteger(seed) || seed < 0 || !await change({ seed })) say('The seed is a whole number.')
    redraw(drawOptions)
  }
  const minute = () => {
    put($('clock'), clock(new Date()))
    setTimeout(minute, 60_000 - (Date.now() % 60_000))
  }
  minute()
})
