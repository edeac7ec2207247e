using System.Collections.Immutable;
using System.Threading.Channels;

namespace Swarm.Proxy.Control;

/// <summary>Hands each published event to every subscriber, from any thread. A slow one loses the oldest events, never the publisher's time.</summary>
public sealed class NodeEventHub
{
    private ImmutableArray<Channel<NodeEvent>> _subscribers = [];

    /// <summary>True if anyone listens: callers may spare themselves building the event.</summary>
    public bool IsWatched => !_subscribers.IsEmpty;

    public void Publish(NodeEvent happened)
    {
        foreach (var subscriber in _subscribers)
        {
            subscriber.Writer.TryWrite(happened);
        }
    }

    public NodeEventSubscription Subscribe()
    {
        // 256 events bridge a page that sleeps for a moment; older ones are worth nothing to it.
        var channel = Channel.CreateBounded<NodeEvent>(new BoundedChannelOptions(256) { FullMode = BoundedChannelFullMode.DropOldest });
        ImmutableInterlocked.Update(ref _subscribers, static (all, one) => all.Add(one), channel);
        return new NodeEventSubscription(channel.Reader, () =>
        {
            ImmutableInterlocked.Update(ref _subscribers, static (all, one) => all.Remove(one), channel);
            channel.Writer.TryComplete();
        });
    }
}
