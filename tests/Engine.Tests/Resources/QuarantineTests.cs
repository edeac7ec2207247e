namespace Swarm.Engine.Tests;

public sealed class QuarantineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("swarm-engine-").FullName;

    private string FilePath => Path.Combine(_folder, "quarantine");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Saved_IsKnownToTheNextRun_AndNamesNothing()
    {
        var first = new Quarantine(_folder);
        first.Add("https://example.org/film?key=secret", "\"v1\"", "aa");
        first.Save();

        var next = new Quarantine(_folder);

        Assert.True(next.Contains("https://example.org/film?key=secret", "\"v1\"", "aa"));
        Assert.False(next.Contains("https://example.org/film?key=secret", "\"v2\"", "aa"));
        Assert.DoesNotContain("example", File.ReadAllText(FilePath), StringComparison.Ordinal);
    }

    [Fact]
    public void NotSaved_IsKnownToThisRunAlone()
    {
        var first = new Quarantine(_folder);
        first.Add("u", "v", "i");
        Assert.True(first.Contains("u", "v", "i"));
        Assert.False(new Quarantine(_folder).Contains("u", "v", "i"));
    }

    [Fact]
    public void TornEnd_LosesThatEntryAlone()
    {
        var first = new Quarantine(_folder);
        first.Add("u", "v", "1");
        first.Add("u", "v", "2");
        first.Save();
        using (var file = File.OpenWrite(FilePath))
        {
            file.SetLength(file.Length - 5);
        }

        var next = new Quarantine(_folder);
        next.Add("u", "v", "3");
        next.Save();

        var last = new Quarantine(_folder);
        Assert.True(last.Contains("u", "v", "1"));
        Assert.False(last.Contains("u", "v", "2"));
        Assert.True(last.Contains("u", "v", "3"));
    }

    [Fact]
    public void MoreThanItsCapacity_ForgetsTheOldest_AndTheFileStaysBounded()
    {
        for (var run = 0; run < 3; run++)
        {
            var quarantine = new Quarantine(_folder);
            for (var i = 0; i < 5_000; i++)
            {
                quarantine.Add("u", "v", $"{run}-{i}");
            }

            quarantine.Save();
        }

        var last = new Quarantine(_folder);
        Assert.True(last.Contains("u", "v", "2-4999"));
        Assert.False(last.Contains("u", "v", "1-4999"));
        Assert.InRange(new FileInfo(FilePath).Length, 32, 2 * 4_096 * 32);
    }

    [Fact]
    public void FolderThatCannotBeWritten_CostsNothingButTheMemory()
    {
        var quarantine = new Quarantine(Path.Combine(_folder, "none"));
        quarantine.Add("u", "v", "i");
        quarantine.Save();
        Assert.True(quarantine.Contains("u", "v", "i"));
    }
}
