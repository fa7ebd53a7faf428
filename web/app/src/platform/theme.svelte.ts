/** Whether the dashboard is dark or light: dark unless somebody chose, since it hangs on a wall. */

export type ThemeName = 'dark' | 'light';

const KEY = 'preau.operations.theme';

class Theme {
  name: ThemeName = $state('dark');

  /** Takes up what was chosen before. */
  begin(): void {
    let chosen: string | null = null;
    try {
      chosen = localStorage.getItem(KEY);
    } catch {
      // Forbidden: dark it is.
    }
    this.#set(chosen === 'light' ? 'light' : 'dark');
  }

  turn(): void {
    this.#set(this.name === 'dark' ? 'light' : 'dark');
    try {
      localStorage.setItem(KEY, this.name);
    } catch {
      // Forbidden or full: the choice holds until the page is closed.
    }
  }

  #set(name: ThemeName): void {
    this.name = name;
    document.documentElement.dataset['theme'] = name;
  }
}

export const theme = new Theme();
