using Swarm.Engine.Receipts;
using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Seeding;

/// <summary>Tells it on a terminal: a line of stdout for each file that is published or retired, as text or JSON; the rest on stderr.</summary>
internal sealed class SiteReport(Surroundings surroundings, bool json) : ISiteReport
{
    private readonly Lock _gate = new();
    private ProgressLine? _progress;
    private string? _hashing;

    public void Published(SiteFile file) => Line(json ? SiteJson.Published(file) : $"published {file.Path} {file.Magnet}");

    public void Retired(string path, string why)
    {
        if (json)
        {
            Line(SiteJson.Retired(path, why));
        }
        else
        {
            Line($"retired {path}: {why}");
        }
    }

    public void Said(string sentence)
    {
        lock (_gate)
        {
            EndProgress();
            surroundings.Error.WriteLine(sentence);
        }
    }

    public void Hashing(string path, long of, int bytes)
    {
        lock (_gate)
        {
            if (_hashing != path)
            {
                EndProgress();
                _hashing = path;
                _progress = ProgressLine.For(surroundings, of);
            }

            _progress?.Advance(bytes);
        }
    }

    public void Settled(int files, long bytes)
    {
        Said(files == 0 ? "No file is published yet: those that are put into the folder will be." : $"{(files == 1 ? "1 file is" : $"All {files} files are")} published, {PlainUnits.Size(bytes)}.");
        if (json)
        {
            Line(SiteJson.Settled(files, bytes));
        }
    }

    private void Line(string line)
    {
        lock (_gate)
        {
            EndProgress();
            surroundings.Out.WriteLine(line);
            surroundings.Out.Flush();
        }
    }

    private void EndProgress()
    {
        _progress?.End();
        _progress = null;
        _hashing = null;
    }
}
