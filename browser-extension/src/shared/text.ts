// The words of _locales. Whatever comes from outside enters as text, never as markup.

export const text = (key: string, ...values: string[]): string => chrome.i18n.getMessage(key, values) || key;

/** Fills in every element that names a message. */
export function fillIn(root: Document): void {
  root.documentElement.lang = chrome.i18n.getUILanguage();
  for (const element of root.querySelectorAll<HTMLElement>("[data-text]")) {
    element.textContent = text(element.dataset["text"]!);
  }
}

/** The element of this id, which the page's own HTML has. */
export const element = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;
