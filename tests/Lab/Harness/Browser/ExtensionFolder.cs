namespace Swarm.Lab.Harness.Browser;

/// <summary>The extension as the build left it.</summary>
public static class ExtensionFolder
{
    public static string Chromium => Path.Combine(Repository.Root, "browser-extension", "dist", "chromium");

    public static string Firefox => Path.Combine(Repository.Root, "browser-extension", "dist", "firefox");

    /// <summary>Why it cannot be tried; null if it is built.</summary>
    public static string? Missing => File.Exists(Path.Combine(Chromium, "manifest.json")) ? null : "no built browser extension (Node.js with npm builds it)";
}
