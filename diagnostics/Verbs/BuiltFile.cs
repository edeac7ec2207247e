namespace Swarm.Diagnostics.Verbs;

/// <summary>A file inside the program, as it is sent.</summary>
public sealed record BuiltFile(byte[] Bytes, string MediaType);
