// The manifest of each browser: the same permissions, since both come from the same source.

export const PERMISSIONS = ["activeTab", "alarms", "contextMenus", "downloads", "proxy", "scripting", "storage"];

/** @param {"chromium" | "firefox"} browser @param {string} version */
export function manifestFor(browser, version) {
  const icons = Object.fromEntries([16, 32, 48, 128].map(size => [size, `icon-${size}.png`]));
  return {
    manifest_version: 3,
    name: "__MSG_extensionName__",
    description: "__MSG_extensionDescription__",
    version,
    default_locale: "en",
    icons,
    action: { default_popup: "popup.html", default_title: "Swarm", default_icon: icons },
    options_ui: { page: "options.html", open_in_tab: true },
    permissions: PERMISSIONS,
    // The node on this computer, and nothing else, until the user switches a site on.
    host_permissions: ["http://127.0.0.1/*"],
    optional_host_permissions: ["http://*/*", "https://*/*"],
    incognito: "not_allowed",
    ...browser === "firefox"
      ? {
          background: { scripts: ["background.js"] },
          browser_specific_settings: { gecko: { id: "swarmstream@swarm.invalid", strict_min_version: "142.0", data_collection_permissions: { required: ["none"] } } },
        }
      : { background: { service_worker: "background.js" }, minimum_chrome_version: "123" },
  };
}
