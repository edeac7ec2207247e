namespace Swarm.Engine.Tests;

/// <summary>What was given outlives the node, whatever happens to its file.</summary>
public sealed class GivenLedgerTests : IDisposable
{
    private static readonly string One = new('1', 40);
    private static readonly string Two = new('2', 64);

    private readonly string _folder = Directory.CreateTempSubdirectory("swarm-given-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "given");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Saved_IsThereAgain_EachTorrentByItself()
    {
        var ledger = GivenLedger.Open(Path);
        ledger.Of(One).Add(5_000_000_000);
        ledger.Of(Two).Add(7);
        Assert.Null(ledger.Save());
        ledger.Of(One).Add(1); // after the last save: lost with the node

        var again = GivenLedger.Open(Path);

        Assert.Equal((5_000_000_000, 7L, 0L), (again.Of(One).Bytes, again.Of(Two).Bytes, again.Of(new('3', 40)).Bytes));
        again.Of(Two).Add(3);
        Assert.Null(again.Save());
        Assert.Equal((5_000_000_000, 10L), (GivenLedger.Open(Path).Of(One).Bytes, GivenLedger.Open(Path).Of(Two).Bytes));
    }

    [Fact]
    public void Forgotten_BeginsAnew()
    {
        var ledger = GivenLedger.Open(Path);
        ledger.Of(One).Add(9);
        ledger.Save();
        ledger.Forget(One);
        ledger.Save();

        Assert.Equal(0, GivenLedger.Open(Path).Of(One).Bytes);
    }

    [Fact]
    public void CrashWhileWriting_LeavesWhatWasSavedBefore()
    {
        var ledger = GivenLedger.Open(Path);
        ledger.Of(One).Add(9);
        ledger.Save();
        File.WriteAllText(Path + ".new", "swarmstream.given/1\n1111"); // cut, and never renamed

        Assert.Equal(9, GivenLedger.Open(Path).Of(One).Bytes);
        ledger.Of(One).Add(1);
        Assert.Null(ledger.Save());
        Assert.Equal(10, GivenLedger.Open(Path).Of(One).Bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0\0\0\0")]
    [InlineData("another format\n1111111111111111111111111111111111111111 9\n")]
    [InlineData("swarmstream.given/1\n1111111111111111111111111111111111111111 -9\n1111 5\nnot hex................................. 1\n1111111111111111111111111111111111111111 99999999999999999999\n")]
    public void DamagedFile_CountsNothing_AndIsReplaced(string text)
    {
        File.WriteAllText(Path, text);
        var ledger = GivenLedger.Open(Path);

        Assert.Equal(0, ledger.Of(One).Bytes);
        ledger.Of(One).Add(4);
        Assert.Null(ledger.Save());
        Assert.Equal(4, GivenLedger.Open(Path).Of(One).Bytes);
    }

    [Fact]
    public void FolderThatIsGone_IsSaid_AndTriedAgain()
    {
        var ledger = GivenLedger.Open(System.IO.Path.Combine(_folder, "gone", "given"));
        ledger.Of(One).Add(4);

        Assert.NotNull(ledger.Save());
        Directory.CreateDirectory(System.IO.Path.Combine(_folder, "gone"));
        Assert.Null(ledger.Save());
    }

    [Fact]
    public void WithoutAPath_NothingIsKept()
    {
        var ledger = GivenLedger.Open(null);
        ledger.Of(One).Add(4);

        Assert.Null(ledger.Save());
        Assert.Equal(4, ledger.Of(One).Bytes);
    }
}
