namespace Swarm.Http;

/// <summary>One field line (RFC 9110 §5): a name and its value, outer whitespace removed.</summary>
public readonly record struct HttpField(string Name, string Value);
