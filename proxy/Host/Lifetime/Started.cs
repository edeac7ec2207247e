namespace Swarm.Proxy.Lifetime;

/// <summary>A part that runs, or the one sentence why it does not.</summary>
public readonly record struct Started<T>(T? Part, string? Problem)
    where T : class;

/// <summary>Makes both outcomes of a start.</summary>
public static class Started
{
    public static Started<T> As<T>(T part)
        where T : class => new(part, null);

    /// <param name="sentence">What is wrong and what to do, for a person.</param>
    public static Started<T> Failed<T>(string sentence)
        where T : class => new(null, sentence);
}
