using System.Diagnostics;

namespace Swarm.Repository.Tests;

/// <summary>The own tests of what is written in TypeScript, run by Node where it is.</summary>
public sealed class DashboardTests
{
    [Theory]
    [InlineData("diagnostics/Dashboard")]
    [InlineData("browser-extension")]
    public async Task PureFunctions_HoldWhatTheirTestsSay(string path)
    {
        var folder = Path.Combine(Checkout.Root, path);
        if (!Directory.Exists(Path.Combine(folder, "node_modules")))
        {
            // The build found no Node.js: then nothing of it was built, and there is nothing to test.
            Assert.False(Directory.Exists(Path.Combine(folder, "dist")), $"{path} was built, but its packages are gone");
            return;
        }

        using var node = Process.Start(new ProcessStartInfo("node", ["build.mjs", "--test"]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true });
        Assert.NotNull(node);
        var output = node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = node.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await node.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(3), TestContext.Current.CancellationToken);
        Assert.True(node.ExitCode == 0, await output + await errors);
    }
}
