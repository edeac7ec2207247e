using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Swarm.Lab.Harness;

/// <summary>A program the lab started: its lines as they come, its end by process id.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private const int KeptErrorLines = 400;
    private const int SigTerm = 15;

    private readonly Process _process;
    private readonly Reaper _reaper;
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly List<Waiter> _waiters = [];
    private readonly List<string> _output = [];
    private readonly Lock _gate = new();
    private bool _disposed;

    private ChildProcess(Process process, Reaper reaper, string name)
    {
        _process = process;
        _reaper = reaper;
        Name = name;
    }

    private sealed record Waiter(Func<string, bool> Wanted, TaskCompletionSource<string> Found);

    public string Name { get; }

    public int Pid => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The last lines of standard error, for the message of a failure.</summary>
    public string Errors => string.Join('\n', _errors);

    /// <summary>Raised for each line of standard output, on a reader thread.</summary>
    public event Action<string>? Line;

    public static ChildProcess Start(
        Reaper reaper, string program, IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null, string? folder = null, Action<string>? onLine = null)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (key, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[key] = value;
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        reaper.Watch(process.Id);
        var child = new ChildProcess(process, reaper, Path.GetFileName(program));
        child.Line += onLine;
        process.OutputDataReceived += (_, e) => child.OnOutput(e.Data);
        process.ErrorDataReceived += (_, e) => child.OnError(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return child;
    }

    /// <summary>The first line of standard output, past or to come, that <paramref name="wanted"/> accepts.</summary>
    /// <exception cref="LabException">The program ended, or the time ran out, before it.</exception>
    public async Task<string> WaitForLineAsync(Func<string, bool> wanted, TimeSpan limit, CancellationToken stop)
    {
        var waiter = new Waiter(wanted, new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            if (_output.FirstOrDefault(wanted) is { } seen)
            {
                return seen;
            }

            _waiters.Add(waiter);
        }

        var ended = _process.WaitForExitAsync(stop);
        var first = await Task.WhenAny(waiter.Found.Task, ended, Task.Delay(limit, stop));
        stop.ThrowIfCancellationRequested();
        return first == waiter.Found.Task || waiter.Found.Task.IsCompleted
            ? await waiter.Found.Task
            : throw new LabException(first == ended
                ? $"{Name} ended with {_process.ExitCode} before it was ready:\n{Errors}"
                : $"{Name} was not ready in {limit.TotalSeconds:F0} s:\n{Errors}");
    }

    public async Task<int> WaitForExitAsync(TimeSpan limit, CancellationToken stop)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop);
        both.CancelAfter(limit);
        try
        {
            await _process.WaitForExitAsync(both.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new LabException($"{Name} still ran after {limit.TotalSeconds:F0} s:\n{Errors}");
        }

        return _process.ExitCode;
    }

    /// <summary>Ends it at once, as a crash would.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        _reaper.Forget(Pid);
    }

    /// <summary>Asks it to end; returns how long that took. Killed after <paramref name="limit"/>.</summary>
    public async Task<TimeSpan> TerminateAsync(TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        if (!_process.HasExited)
        {
            _ = Kill(Pid, SigTerm);
            using var patience = new CancellationTokenSource(limit);
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                await KillAsync();
            }
        }

        _reaper.Forget(Pid);
        return clock.Elapsed;
    }

    /// <summary>Gives it a line of standard input.</summary>
    public async Task WriteLineAsync(string line, CancellationToken stop)
    {
        await _process.StandardInput.WriteLineAsync(line.AsMemory(), stop);
        await _process.StandardInput.FlushAsync(stop);
    }

    /// <summary>Gives it <paramref name="text"/> as its whole standard input.</summary>
    public async Task FeedAsync(string text, CancellationToken stop)
    {
        await _process.StandardInput.WriteAsync(text.AsMemory(), stop);
        _process.StandardInput.Close();
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await KillAsync();
        _process.Dispose();
    }

    private void OnOutput(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_gate)
        {
            // Counters come four times a second for minutes: only what a waiter may look back at is kept.
            if (_output.Count < KeptErrorLines)
            {
                _output.Add(line);
            }

            foreach (var waiter in _waiters.Where(w => w.Wanted(line)).ToList())
            {
                _waiters.Remove(waiter);
                waiter.Found.TrySetResult(line);
            }
        }

        Line?.Invoke(line);
    }

    private void OnError(string? line)
    {
        if (line is null)
        {
            return;
        }

        _errors.Enqueue(line);
        while (_errors.Count > KeptErrorLines)
        {
            _errors.TryDequeue(out _);
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int pid, int signal);
}
