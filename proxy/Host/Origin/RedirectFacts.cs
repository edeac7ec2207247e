using Swarm.Http;

namespace Swarm.Proxy.Origin;

/// <summary>
/// What registries and model hubs say about a file on the redirect to it, and their clients read there: with the redirect
/// followed inside it goes on the answer it led to, or a hub's client finds no revision and gives up.
/// </summary>
internal static class RedirectFacts
{
    private static readonly string[] Names = ["X-Repo-Commit", "X-Linked-ETag", "X-Linked-Size", "Docker-Content-Digest"];

    /// <summary>Only of the origin that was asked: where it sends its clients, others do not speak for it.</summary>
    public static void Collect(OriginTarget asked, OriginAnswer redirect, HttpFields said)
    {
        if (!asked.SameOrigin(redirect.FinalTarget))
        {
            return;
        }

        foreach (var name in Names)
        {
            if (!said.Has(name) && redirect.Fields.First(name) is { } value)
            {
                said.Add(name, value);
            }
        }
    }

    public static void AddTo(OriginAnswer last, HttpFields said)
    {
        foreach (var field in said)
        {
            last.Fields.Set(field.Name, field.Value);
        }
    }
}
