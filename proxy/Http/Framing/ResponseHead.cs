namespace Swarm.Http;

/// <summary>The head of one response (RFC 9112 §4, §5): version, status, reason and field lines in the order received.</summary>
/// <param name="MinorVersion">0 or 1 of HTTP/1.x; a higher one speaks 1.1 (§2.3).</param>
/// <param name="Exact">False where a line ended with LF alone or a name was followed by a space: read, but nothing more is taken from that connection.</param>
public sealed record ResponseHead(int MinorVersion, int Status, string Reason, HttpFields Fields, bool Exact)
{
    public bool IsInterim => Status is >= 100 and < 200;
}
