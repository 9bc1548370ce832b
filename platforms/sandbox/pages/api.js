// The twin's control API, as the page uses it.

const BASE = "/sandbox/api";

async function call(path, options = {}) {
  const response = await fetch(BASE + path, options);
  const data = await response.json();
  if (!response.ok) throw new Error(data.detail ?? response.statusText);
  return data;
}

const post = (path, data) => call(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(data) });
const app = (appId) => `/apps/${encodeURIComponent(appId)}`;
const customer = (appId, openid) => `${app(appId)}/customers/${encodeURIComponent(openid)}`;

export const listApps = async () => (await call("/apps")).apps;
export const faultKinds = async () => (await call("/faults")).kinds;
export const addCustomer = (appId, name) => post(`${app(appId)}/customers`, { name });
export const act = (appId, openid, action) => post(`${customer(appId, openid)}/act`, action);
export const arm = (appId, fault) => post(`${app(appId)}/faults`, fault);
export const disarm = (appId, id) => call(`${app(appId)}/faults${id === undefined ? "" : `/${id}`}`, { method: "DELETE" });
export const moveClock = (appId, change) => post(`${app(appId)}/clock`, change);
export const shakeHands = (appId) => post(`${app(appId)}/handshake`, {});
export const upload = (appId, file) => call(`${app(appId)}/media`, { method: "POST", body: file });

/** Everything the page shows, once it is another than the revision `after`. */
export function phone(appId, openid, after, signal) {
  const whose = openid ? customer(appId, openid) : app(appId);
  return call(`${whose}/phone?after=${encodeURIComponent(after)}`, { signal });
}
