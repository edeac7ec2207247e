namespace Swarm.Proxy.Control;

/// <summary>Files built into the program.</summary>
internal static class Resources
{
    /// <summary>Null if the build did not make it.</summary>
    public static byte[]? TryBytes(string name)
    {
        using var stream = typeof(Resources).Assembly.GetManifestResourceStream(name);
        if (stream is null)
        {
            return null;
        }

        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    public static string Text(string name)
    {
        using var stream = typeof(Resources).Assembly.GetManifestResourceStream("control/" + name)
            ?? throw new InvalidOperationException($"the build left out {name}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
