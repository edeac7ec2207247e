using Swarm.Core;

namespace Swarm.Engine.Tests.Log;

public sealed class TcpNotesTests
{
    private static readonly TcpNote Ill = new(SourceKind.Origin, "films.example:80", 16, 500_000, 600_000, 40_000);
    private static readonly TcpNote Well = Ill with { Verdicts = 0 };

    private readonly List<(int Place, int Verdicts)> _posted = [];
    private readonly TcpNotes<int> _notes;

    public TcpNotesTests() => _notes = new((place, note) => _posted.Add((place, note.Verdicts)));

    [Fact]
    public void WhoWasToldThatItIsIll_IsToldThatItIsOver_WhenItServesNobodyAnyMore()
    {
        _notes.Tell(Ill, [1, 2]);
        _notes.Tell(Well, []);
        Assert.Equal([(1, 16), (2, 16), (1, 0), (2, 0)], _posted);
    }

    [Fact]
    public void WhoLeftMeanwhile_IsToldOnce_AndWhoStayedAgain()
    {
        _notes.Tell(Ill, [1, 2]);
        _notes.Tell(Ill, [2, 3]);
        _notes.Tell(Well, [2, 3]);
        Assert.Equal([(1, 16), (2, 16), (2, 16), (3, 16), (1, 0), (2, 0), (3, 0)], _posted);
    }

    [Fact]
    public void SamePlaceTwice_IsOneNote_AndNamesAreKeptApart()
    {
        _notes.Tell(Ill, [1, 1]);
        _notes.Tell(Well with { Name = "other.example:80" }, []);
        Assert.Equal([(1, 16)], _posted);
    }
}
