using Swarm.Http;

namespace Swarm.Proxy.Origin;

/// <summary>Why there is no answer: where it broke, whose doing it was, whether asking again can help, and what to tell the client.</summary>
/// <param name="Status">The status the client gets.</param>
/// <param name="Cause">The error type for Proxy-Status.</param>
/// <param name="Sentence">For a person: the thing, the cause, what to do.</param>
public sealed record OriginError(OriginStage Stage, OriginParty Party, OriginRetry Retry, int Status, ProxyError Cause, string Sentence);

/// <summary>The step of the exchange that failed.</summary>
public enum OriginStage
{
    Policy,
    Resolve,
    Connect,
    Tls,
    Headers,
    Body,
    Redirect,
}

/// <summary>Whose doing a failure is; only <see cref="Origin"/> speaks against the origin.</summary>
public enum OriginParty
{
    Origin,
    Network,
    Policy,
    Client,
}

/// <summary>Whether the same request may succeed when sent again.</summary>
public enum OriginRetry
{
    Never,
    Later,
}
