using Swarm.Http;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Seeding;
using Swarm.Proxy.Tests.Cache;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Seeding;

/// <summary>Who waits for another visitor's answer, for how long, and for which answers nobody does.</summary>
public sealed class FirstVisitsTests
{
    private const string Url = "http://site.example/film.mp4";
    private const string Page = "Content-Type: text/html";

    private readonly FakeTime _time = new();
    private readonly FirstVisits _visits;
    private bool _isPermitted;

    public FirstVisitsTests() => _visits = new(_ => _isPermitted, _time);

    [Fact]
    public async Task Second_WaitsForTheFirst_AndNoLongerThanFiveSeconds()
    {
        using var first = await EnterAsync().AsTask();
        Assert.NotNull(first);
        var second = EnterAsync().AsTask();
        Assert.False(second.IsCompleted);
        first.Dispose();
        Assert.Null(await second);

        using var slow = await EnterAsync();
        var patient = EnterAsync().AsTask();
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(patient.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Null(await patient);
    }

    [Fact]
    public async Task Permitted_WaitsForNobody()
    {
        _isPermitted = true;
        Assert.Null(await EnterAsync());
        Assert.Null(await EnterAsync());
    }

    [Theory]
    [InlineData(200, Page)] // small
    [InlineData(200, "Cache-Control: no-store", "ETag: \"1\"", "Content-Length: 9000000")]
    [InlineData(404, Page)]
    [InlineData(304, "ETag: \"1\"")]
    public async Task AnswerThatHelpsNobody_ReleasesWhoWaits_AtItsHead(int status, params string[] fields)
    {
        using var first = await EnterAsync();
        var second = EnterAsync().AsTask();
        Answer(status, fields);
        Assert.Null(await second); // the clock stands, and the first is still reading
    }

    [Fact]
    public async Task WhereTheLastAnswerHelpedNobody_NobodyWaits_ForTwoMinutes()
    {
        Answer(200, Page);
        Assert.Null(await EnterAsync());
        Assert.Null(await EnterAsync());

        _time.Advance(TimeSpan.FromMinutes(2));
        using var first = await EnterAsync();
        Assert.NotNull(first);
    }

    [Fact]
    public async Task AnswerToShare_IsWaitedForAgain_AndReleasesNobodyBeforeItIsPermitted()
    {
        Answer(200, Page);
        Answer(200, "ETag: \"1\"", "Content-Length: 9000000");
        using var first = await EnterAsync();
        Assert.NotNull(first);

        var second = EnterAsync().AsTask();
        Answer(200, "ETag: \"1\"", "Content-Length: 9000000");
        Assert.False(second.IsCompleted);
        first.Dispose();
        Assert.Null(await second);
    }

    [Fact]
    public async Task SeveralRangesOfOneVisitor_TellNothingOfTheNextAnswer()
    {
        Answer("GET", 206, "Range: bytes=0-1,5-6", "ETag: \"1\"", "Content-Type: multipart/byteranges; boundary=x");
        using var first = await EnterAsync();
        Assert.NotNull(first);
    }

    [Theory]
    [InlineData("GET", 404, "")]
    [InlineData("GET", 304, "")]
    [InlineData("HEAD", 200, "")]
    [InlineData("GET", 200, "Authorization: Basic eDp5")]
    [InlineData("GET", 200, "Cache-Control: no-store")]
    public async Task WhatTellsNothingOfTheNextAnswer_IsNotRemembered(string method, int status, string asked)
    {
        Answer(method, status, asked, Page);
        using var first = await EnterAsync();
        Assert.NotNull(first);
    }

    [Fact]
    public async Task Remembered_IsBounded()
    {
        for (var i = 0; i <= 4_096; i++)
        {
            _visits.OnAnswer(Request("GET", $"{Url}{i}", ""), ScriptedOrigin.Answer(Request("GET", Url, ""), 200, "", Page).Answer!);
        }

        var longest = Url + new string('x', 1_024);
        _visits.OnAnswer(Request("GET", longest, ""), ScriptedOrigin.Answer(Request("GET", longest, ""), 200, "", Page).Answer!);
        using var tooLong = await _visits.EnterAsync(longest, TestContext.Current.CancellationToken);
        Assert.NotNull(tooLong);
        using var forgotten = await _visits.EnterAsync($"{Url}0", TestContext.Current.CancellationToken);
        Assert.NotNull(forgotten);
        Assert.Null(await _visits.EnterAsync($"{Url}4096", TestContext.Current.CancellationToken));
    }

    private ValueTask<FirstVisits.Visit?> EnterAsync() => _visits.EnterAsync(Url, TestContext.Current.CancellationToken);

    private void Answer(int status, params string[] fields) => Answer("GET", status, "", fields);

    private void Answer(string method, int status, string asked, params string[] fields)
    {
        var request = Request(method, Url, asked);
        _visits.OnAnswer(request, ScriptedOrigin.Answer(request, status, Stream.Null, fields).Answer!);
    }

    private static OriginRequest Request(string method, string url, string asked)
    {
        Assert.True(OriginTarget.TryParse(url, TargetForm.AbsoluteForm, out var target));
        var fields = new HttpFields();
        if (asked.Split(": ") is [var name, var value])
        {
            fields.Add(name, value);
        }

        return new(method, target, fields);
    }
}
