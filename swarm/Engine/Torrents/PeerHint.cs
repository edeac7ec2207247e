namespace Swarm.Engine;

/// <summary>A peer named by host and port, to be resolved and checked before it is dialled: <c>x.pe</c> of a magnet, <c>--peer</c>.</summary>
public readonly record struct PeerHint(string Host, int Port)
{
    /// <summary><c>host:port</c> or <c>[address]:port</c>.</summary>
    public static PeerHint? Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), out var port) && port > 0 ? new(text[..colon].Trim('[', ']'), port) : null;
    }
}
