// Waits until both servers work and, on a fresh start, lets a few invented customers write.
// Usage: node demonstration.mjs INBOX_URL SIMULATOR_URL yes|no
const [inbox, simulator, fresh] = process.argv.slice(2);

async function ready(url, deadline) {
  for (;;) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // not listening yet
    }
    if (Date.now() > deadline) throw new Error(`${url} did not answer; see the messages above`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const customers = [
  { from: "15550000101", name: "Sofia Conti", texts: ["Buongiorno! Le piastrelle esagonali sono ancora disponibili?"] },
  { from: "15550000102", name: "Omar Al-Khatib", texts: ["Good morning, has TW-2081 left the port?", "هل يمكن أن نضيف ٢٠ بلاطة احتياطية؟"] },
  { from: "15550000103", name: "Ingrid Solberg", texts: ["Hi, we need 14 m² for a bathroom. Which grout would you take?"] },
  { from: "15550000104", name: "Priya Raman", texts: ["नमूने मिल गए, बहुत सुंदर हैं 🙏"] },
];

try {
  const deadline = Date.now() + 20_000;
  await ready(`${simulator}/simulator/options`, deadline);
  await ready(`${inbox}/readyz`, deadline);
  const tell = async (path, body) => {
    const answer = await fetch(simulator + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`the simulator refused ${path}: ${await answer.text()}`);
  };
  // The inbox keeps its chats over a restart, the simulated phones do not: they must know their people again.
  // They read what they get, so that the ticks turn blue without anybody opening their phone; its page has a switch for it.
  for (const { from, name } of customers) await tell("/simulator/customers", { phone: from, name, reads: true });
  if (fresh === "yes")
    for (const { from, name, texts } of customers)
      for (const text of texts) await tell("/simulator/inbound", { from, name, text });
} catch (error) {
  console.error(`demonstration: ${error.message}`);
  process.exit(1);
}
