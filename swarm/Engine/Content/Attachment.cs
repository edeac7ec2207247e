namespace Swarm.Engine;

/// <summary>Where a content takes part: file number <paramref name="File"/> of the loop's layout, which starts at <paramref name="FirstBlock"/>.</summary>
internal sealed record Attachment(SwarmLoop Loop, int File, int FirstBlock);
