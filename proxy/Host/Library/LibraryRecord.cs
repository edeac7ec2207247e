using System.Text.Json.Serialization;

namespace Swarm.Proxy.Library;

/// <summary>What is kept of a torrent beside its metainfo.</summary>
/// <param name="Added">When it was given.</param>
/// <param name="Path">The folder of files the user has of it; null if there is none.</param>
internal sealed record LibraryRecord(DateTimeOffset Added, bool Paused, string? Path);

/// <summary>The record's wire form.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LibraryRecord))]
internal sealed partial class LibraryJson : JsonSerializerContext;
