/** How large the whole interface is drawn; 1 is the usual size. Lengths of the window divided by it are lengths of the page. */
class Zoom {
  scale = $state(1);
}

export const zoom = new Zoom();
