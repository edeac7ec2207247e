using Swarm.Core;

namespace Swarm.Engine.Receipts;

/// <summary>The names of the kinds of source, as metrics and receipts write them.</summary>
public static class SourceKindExtensions
{
    public static string Label(this SourceKind kind) => kind switch
    {
        SourceKind.Origin => "origin",
        SourceKind.Mirror => "mirror",
        SourceKind.WebSeed => "webseed",
        SourceKind.Peer => "peer",
        _ => "store",
    };
}
