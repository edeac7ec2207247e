using Swarm.Http;
using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Cache;

/// <summary>Takes out what an answer to an unsafe request made out of date (RFC 9111 §4.4).</summary>
internal sealed class CacheInvalidator(AnswerStore store)
{
    public void OnAnswer(string method, OriginTarget target, int status, HttpFields fields)
    {
        if (!Invalidation.IsDueTo(method, status))
        {
            return;
        }

        store.Invalidate(target.Url);
        foreach (var reference in Invalidation.References(fields))
        {
            // Another origin's resources are not this one's to touch.
            if (ReferenceResolution.TryResolve(target, reference, out var other) && other.SameOrigin(target))
            {
                store.Invalidate(other.Url);
            }
        }
    }
}
