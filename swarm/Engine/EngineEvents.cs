namespace Swarm.Engine;

/// <summary>What the shell publishes for diagnostics and pages: a kind and a plain sentence. Subscribers must be quick and may not throw.</summary>
public sealed class EngineEvents
{
    /// <summary>Kind, e.g. <c>peer.joined</c>, and a sentence without URLs, cookies or credentials.</summary>
    public event Action<string, string>? Published;

    public void Publish(string kind, string text) => Published?.Invoke(kind, text);
}
