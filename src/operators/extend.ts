/**
 * A frame with what a stage adds to it; the frame itself stays as it was. Not `{ ...frame, addition }`: V8 takes 2 us to add a property to an object that
 * was just spread, which with five stages is more than the network takes for a character (bench/README.md).
 */
export function extend<Frame extends object, Addition extends object>(frame: Frame, addition: Addition): Frame & Addition {
  // oxlint-disable-next-line prefer-object-spread -- see above
  return Object.assign({}, frame, addition)
}
