// Talks to the Greeter of PROTOCOL.md: over a Unix socket, in JSON.
//
// Written from that page alone, with nothing but what comes with Node. What it
// does it prints; a test of runtime/ipc starts it and reads that.
//
//	IPC_SECRET=... node peer.mjs unix:///run/greet.sock

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { connect } from 'node:net'

// Framed carries messages over a stream of bytes.
class Framed {
	static last = 0x80000000

	constructor(socket) {
		this.socket = socket
		this.received = Buffer.alloc(0)
		this.chunks = socket[Symbol.asyncIterator]()
	}

	send(text) {
		const message = Buffer.from(text)
		const header = Buffer.alloc(4)
		header.writeUInt32BE(message.length)
		this.socket.write(Buffer.concat([header, message]))
	}

	// receive returns the next message, null after the last.
	async receive() {
		const header = (await this.#exactly(4)).readUInt32BE()
		const payload = await this.#exactly(header & ~Framed.last)
		return header & Framed.last ? null : payload.toString()
	}

	async #exactly(size) {
		while (this.received.length < size) {
			const { value, done } = await this.chunks.next()
			if (done) throw new Error('the connection was cut')
			this.received = Buffer.concat([this.received, value])
		}
		const bytes = this.received.subarray(0, size)
		this.received = this.received.subarray(size)
		return bytes
	}
}

// Queue hands over packets in their order; take waits for one.
class Queue {
	packets = []
	takers = []

	put(packet) {
		const taker = this.takers.shift()
		taker ? taker(packet) : this.packets.push(packet)
	}

	async take() {
		return this.packets.shift() ?? new Promise(resolve => this.takers.push(resolve))
	}
}

class Failure extends Error {
	constructor({ code, message, ran = false, body = null }) {
		super(`${code}: ${message}`)
		Object.assign(this, { code, ran, detail: body })
	}
}

// Peer is one end of a connection. Any number of calls may be under way.
class Peer {
	id = -1 // of the latest call
	open = new Map() // what arrives for calls, by id
	pongs = new Queue()
	events = new Queue()

	constructor(framed, routes) {
		this.framed = framed
		this.routes = routes
	}

	async identify(group, name, secret) {
		const challenge = await this.#hear('challenge')
		const theirs = Buffer.from(challenge.nonce, 'base64')
		const mine = randomBytes(32)
		const proof = (...parts) => {
			const mac = createHmac('sha256', secret)
			for (const part of parts.map(part => Buffer.from(part))) {
				const length = Buffer.alloc(4)
				length.writeUInt32BE(part.length)
				mac.update(length).update(part)
			}
			return mac.digest()
		}
		this.send({
			kind: 'identify',
			body: {
				version: 1, group, name, method: 'hmac', nonce: mine.toString('base64'),
				proof: proof('ipc 1 dialer', theirs, mine, group, name).toString('base64'),
			},
		})
		const welcome = await this.#hear('welcome')
		const want = proof('ipc 1 acceptor', theirs, mine, welcome.group, welcome.name, welcome.conn)
		if (!timingSafeEqual(Buffer.from(welcome.proof, 'base64'), want)) throw new Error('the server does not know the secret')
		return `${welcome.group}/${welcome.name}`
	}

	// read acts on what arrives, until the connection ends.
	async read() {
		for (let message; (message = await this.framed.receive()) !== null;) {
			for (const line of message.split('\n')) this.#act(JSON.parse(line))
		}
		this.framed.socket.end()
	}

	async call(route, args) {
		return this.#answer(this.start(route, args))
	}

	async subscribe(route, topic) {
		return this.#answer(this.ask({ kind: 'subscribe', route, topic }))
	}

	async publish(route, topic, body) {
		return this.#answer(this.ask({ kind: 'event', route, topic, body }))
	}

	async #answer({ id, queue }) {
		const packet = await queue.take()
		this.open.delete(id)
		if (packet.kind === 'error') throw new Failure(packet)
		return packet.body
	}

	start(route, body, credit) {
		return this.ask({ kind: 'call', route, body, credit })
	}

	// ask sends what is answered, under the next id.
	ask(packet) {
		const id = (this.id += 2)
		const queue = new Queue()
		this.open.set(id, queue)
		this.send({ ...packet, id })
		return { id, queue }
	}

	cancel(id) {
		this.open.delete(id)
		this.send({ kind: 'cancel', id })
	}

	// stream yields items, of which no more are sent ahead than window allows.
	async *stream(route, args, window) {
		const { id, queue } = this.start(route, args, window)
		let credit = window
		for (;;) {
			const packet = await queue.take()
			if (packet.kind === 'error') throw new Failure(packet)
			if (packet.kind === 'reply') break
			if (credit <= 0) throw new Error('an item without credit')
			credit -= 64 + Buffer.byteLength(JSON.stringify(packet.body))
			yield packet.body
			if (credit > 0) continue
			this.send({ kind: 'credit', id, credit: window - credit })
			credit = window
		}
		this.open.delete(id)
	}

	async ping() {
		this.send({ kind: 'ping', id: 1 })
		return this.pongs.take()
	}

	close(message) {
		this.send({ kind: 'close', status: 3000, message })
	}

	send(packet) {
		this.framed.send(JSON.stringify(packet))
	}

	#act(packet) {
		switch (packet.kind) {
		case 'reply': case 'error': case 'item':
			return this.open.get(packet.id)?.put(packet) // late, if it is not open
		case 'call':
			return this.#serve(packet)
		case 'event':
			return this.events.put(packet)
		case 'ping':
			return this.send({ kind: 'pong', id: packet.id })
		case 'pong':
			return this.pongs.put(packet)
		case 'close':
			throw new Error(`closed: ${packet.status} ${packet.message}`)
		}
	}

	#serve({ id, route, body }) {
		const handler = this.routes[route]
		this.send(handler ? { kind: 'reply', id, body: handler(body) } : { kind: 'error', id, code: 'no_route' })
	}

	async #hear(kind) {
		const packet = JSON.parse(await this.framed.receive())
		if (packet.kind !== kind) throw new Error(`instead of ${kind}: ${JSON.stringify(packet)}`)
		return packet.body
	}
}

// dial agrees on the dialect and returns a connection that speaks it.
async function dial(path, dialect) {
	const framed = new Framed(connect(path))
	framed.send(dialect)
	const answer = await framed.receive()
	if (answer !== dialect) throw new Error(`refused: ${answer}`)
	return framed
}

async function main(url, secret) {
	const peer = new Peer(await dial(url.replace(/^unix:(\/\/)?/, ''), 'ipc.json.v1'), { 'Guest.Name': () => 'Ryan' })
	console.log('identified as', await peer.identify('guests', 'node', secret))
	const reading = peer.read()

	console.log('call:', await peer.call('Greeter.Hello', { name: 'Ada' }))
	for (const [route, args] of [['Greeter.Hello', { name: 'Bartholomew' }], ['Greeter.Goodbye', {}]]) {
		await peer.call(route, args).catch(failure =>
			console.log('error:', failure.code, failure.ran ? 'ran' : 'did not run', JSON.stringify(failure.detail)))
	}
	const numbers = []
	for await (const n of peer.stream('Greeter.Countdown', { from: 5 }, 130)) numbers.push(n)
	console.log('stream:', ...numbers)
	console.log('called back:', await peer.call('Greeter.Meet', {}))
	await peer.subscribe('RoomEvents', 'room.*')
	await peer.publish('RoomEvents.Posted', 'room.go', { room: 'go', text: 'hello' })
	const event = await peer.events.take()
	console.log('event:', event.topic, JSON.stringify(event.body), 'by', event.origin)
	peer.send({ kind: 'notify', route: 'Greeter.Forget', body: { name: 'Ada' } })
	peer.cancel(peer.start('Greeter.Wait', {}).id)
	await peer.ping()
	console.log('cancelled')
	peer.close('that was all')
	await reading
	console.log('closed')
}

await main(process.argv[2], process.env.IPC_SECRET)
