using Swarm.Engine.Receipts;

namespace Swarm.Proxy.Cli;

/// <summary>One line of a terminal that says how far long work is, how fast, and how long it still takes.</summary>
internal sealed class ProgressLine(TextWriter terminal, long totalBytes, TimeProvider time)
{
    // Five times a second: as fast as numbers can be read.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    private readonly long _start = time.GetTimestamp();
    private long _shownAt = time.GetTimestamp();
    private long _doneBytes;
    private int _width;

    /// <summary>Null where stderr is no terminal: a log must not fill with it.</summary>
    public static ProgressLine? For(Surroundings surroundings, long totalBytes) =>
        ReferenceEquals(surroundings.Error, Console.Error) && !Console.IsErrorRedirected ? new(surroundings.Error, totalBytes, TimeProvider.System) : null;

    public void Advance(long bytes)
    {
        _doneBytes += bytes;
        if (time.GetElapsedTime(_shownAt) >= Pace)
        {
            _shownAt = time.GetTimestamp();
            Show(Text());
        }
    }

    /// <summary>Leaves an empty line for what comes next.</summary>
    public void End()
    {
        if (_width > 0)
        {
            Show("");
            terminal.Write('\r');
            terminal.Flush();
        }
    }

    private string Text()
    {
        var seconds = time.GetElapsedTime(_start).TotalSeconds;
        var rate = _doneBytes / seconds;
        var left = rate > 0 ? $", {PlainUnits.Duration((totalBytes - _doneBytes) / rate * 1000)} left" : "";
        return $"hashed {PlainUnits.Size(_doneBytes)} of {PlainUnits.Size(totalBytes)} ({PlainUnits.Share(_doneBytes, totalBytes)}), {PlainUnits.Rate(rate)}{left}";
    }

    private void Show(string text)
    {
        terminal.Write($"\r{text.PadRight(_width)}");
        terminal.Flush();
        _width = text.Length;
    }
}
