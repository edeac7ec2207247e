namespace Swarm.Engine;

/// <summary>Where a content takes part: file number <paramref name="File"/> of the loop's layout, which starts at <paramref name="FirstBlock"/>.</summary>
internal sealed record Attachment(SwarmLoop Loop, int File, int FirstBlock)
{
    /// <summary>
    /// The file's place in its torrent's loop, where another content has it: what is read here is wanted there too, and what is proven there is
    /// taken over. Null for a content that has its place itself, or no torrent.
    /// </summary>
    public Attachment? Beside { get; init; }

    /// <summary>Its place, or that beside which it reads, in the loop that has the peers.</summary>
    public Attachment Place => Beside ?? this;

    /// <summary>True if others than the origin may deliver.</summary>
    public bool HasPeers => Place.Loop.HasPeers;

    /// <summary>The content that has the place beside which this one reads, if any.</summary>
    public FileContent? Holder => Beside is { } beside ? beside.Loop.File(beside.File) : null;
}
