using System.Threading.Channels;

namespace Swarm.Proxy.Control;

/// <summary>One subscriber's end of the event stream.</summary>
public sealed class NodeEventSubscription(ChannelReader<NodeEvent> events, Action end) : IDisposable
{
    public ChannelReader<NodeEvent> Events => events;

    public void Dispose() => end();
}
