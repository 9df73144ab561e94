/** The tree that a node is shown in: the document, or the shadow tree of the element for other pages. */
export function rootOf(node: Node): Document | ShadowRoot {
  return node.getRootNode() as Document | ShadowRoot;
}
