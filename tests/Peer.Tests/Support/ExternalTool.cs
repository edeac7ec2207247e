using System.Diagnostics;

namespace Swarm.Peer.Tests;

/// <summary>A real third-party program as a child process. A missing program fails the test with the package that brings it.</summary>
internal sealed class ExternalTool : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringWriter _errors = new();

    private ExternalTool(Process process) => _process = process;

    public static ExternalTool Start(string program, string package, params string[] arguments)
    {
        Assert.True(File.Exists(program), $"{program} is missing: install the package {package}, this test runs against the real program.");
        var process = new Process
        {
            StartInfo = new(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true },
        };
        process.Start();
        var tool = new ExternalTool(process);
        process.ErrorDataReceived += (_, e) =>
        {
            lock (tool._errors)
            {
                tool._errors.WriteLine(e.Data);
            }
        };
        process.BeginErrorReadLine();
        return tool;
    }

    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    public bool HasExited => _process.HasExited;

    /// <summary>The next line of standard output; the test fails if the program ends or stays silent instead.</summary>
    public async Task<string> ReadLineAsync()
    {
        var line = await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TestPatience.Long);
        Assert.True(line is not null, $"{_process.StartInfo.FileName} ended early: {Errors}");
        return line;
    }

    /// <summary>Closes its standard input, which well-behaved helpers take as the end; kills it if it lives on.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(1));
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}
