using Swarm.Http;

namespace Swarm.Proxy.Front;

/// <summary>What a client that may not use the proxy is told.</summary>
internal static class AccessRefusal
{
    /// <summary>RFC 7617 §2: one realm, UTF-8.</summary>
    public const string Challenge = "Basic realm=\"swarmstream\", charset=\"UTF-8\"";

    public static (int Status, string Sentence, ProxyError Cause) Of(AccessVerdict verdict) => verdict == AccessVerdict.Stranger
        ? (403, "This proxy serves other networks than yours. Who runs it can add yours with --trust-clients.", ProxyError.HttpRequestDenied)
        : (407, "This proxy asks for a user name and a password: curl --proxy-user NAME:PASSWORD.", ProxyError.HttpRequestDenied); // RFC 9110 §11.7.1
}
