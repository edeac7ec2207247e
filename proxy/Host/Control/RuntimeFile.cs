using System.Text.Json;

namespace Swarm.Proxy.Control;

/// <summary>What a running node leaves in its runtime folder so that <c>status</c> finds it: <c>control.json</c>, for this user alone.</summary>
/// <param name="Url">The control listener.</param>
/// <param name="Pid">The node's process.</param>
/// <param name="TokenFile">Where the token is.</param>
internal sealed record RuntimeFile(string Url, int Pid, string TokenFile)
{
    public const string FileName = "control.json";

    /// <summary>Null when there is none, or none that can be read.</summary>
    public static RuntimeFile? TryRead(string directory)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(directory, FileName)), ControlJson.Default.RuntimeFile)
                is { Url: not null, TokenFile: not null } file ? file : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public void Write(string directory) =>
        PrivateFile.Write(Path.Combine(directory, FileName), JsonSerializer.SerializeToUtf8Bytes(this, ControlJson.Default.RuntimeFile));

    /// <summary>Removes it if it is still this node's.</summary>
    public void Remove(string directory)
    {
        if (TryRead(directory) is { } found && found.Pid == Pid && found.Url == Url)
        {
            PrivateFile.TryDelete(Path.Combine(directory, FileName));
        }
    }
}
