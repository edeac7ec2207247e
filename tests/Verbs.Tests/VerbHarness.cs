using System.CommandLine;
using System.Text;
using Swarm.Diagnostics.Tcp;

namespace Swarm.Diagnostics.Verbs.Tests;

/// <summary>Runs verbs in this process, in a folder of the test's own, with a probe that tells what the test says.</summary>
internal sealed class VerbHarness : IDisposable
{
    private readonly LineWriter _out;
    private readonly StringWriter _error = new();

    public VerbHarness() => _out = new LineWriter(line => OnLine(line));

    /// <summary>Ends the verb that runs, as Ctrl-C does.</summary>
    public CancellationTokenSource Stop { get; } = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    /// <summary>Gets every line of standard output as it is written.</summary>
    public Action<string> OnLine { get; init; } = static _ => { };

    public string Root { get; } = Directory.CreateTempSubdirectory("swarmstream-diag-test-").FullName;

    public string Out => _out.ToString();

    public string[] OutLines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public string[] ErrorLines => _error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public ITerminal? Terminal { get; init; }

    public Func<bool> IsOutputGone { get; init; } = static () => false;

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(Path.Combine(Root, name), bytes);
        return name;
    }

    public Task<int> RunAsync(params string[] arguments) => RunAsync(new ToldProbe([]), arguments);

    public Task<int> RunAsync(IProbe probe, params string[] arguments) => RunWithInputAsync(probe, "", arguments);

    public Task<int> RunWithInputAsync(IProbe probe, string input, params string[] arguments)
    {
        var host = new DiagHost(
            "swarmstream-diag", "test", Root, _out, _error, _ => [probe], TimeProvider.System, () => new MemoryStream(Encoding.UTF8.GetBytes(input))) { Terminal = Terminal, IsOutputGone = IsOutputGone };
        var configuration = new InvocationConfiguration { Output = _out, Error = _error, EnableDefaultExceptionHandler = false };
        return DiagVerbs.Build("diag", host).Parse(arguments).InvokeAsync(configuration, Stop.Token);
    }

    public void Dispose()
    {
        Stop.Dispose();
        Directory.Delete(Root, recursive: true);
    }
}

/// <summary>Standard output, and a call for each line.</summary>
internal sealed class LineWriter(Action<string> onLine) : StringWriter
{
    public override void WriteLine(string? value)
    {
        base.WriteLine(value);
        onLine(value ?? "");
    }
}
