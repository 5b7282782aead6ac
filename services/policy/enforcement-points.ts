/** The enforcement point of this product: applied by publishing, lapses by itself, undone without trace. */
export const DECISION_POINT_NAME = 'decision-point';
