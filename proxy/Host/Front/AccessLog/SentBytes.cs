namespace Swarm.Proxy.Front;

/// <summary>Counts the body bytes of one response for the access log; hangs on the exchange where there is a log.</summary>
internal sealed class SentBytes
{
    public long Count { get; set; }
}
