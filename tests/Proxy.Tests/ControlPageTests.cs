using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Swarm.Proxy.Tests;

/// <summary>What the dashboard asks of the node besides looking: the sharing switch, a recording.</summary>
public sealed class ControlPageTests
{
    [Fact]
    public async Task Share_IsHandedOver_AndAWrongModeIsAProblem()
    {
        await using var control = await ControlHarness.StartAsync();
        using var off = await PostAsync(control, "/api/v1/share", """{"share":"off"}""");
        Assert.Equal((HttpStatusCode.NoContent, "off"), (off.StatusCode, control.Node.Shared));
        using var all = await PostAsync(control, "/api/v1/share", """{"share":"everything"}""");
        await ControlAttackTests.AssertProblemAsync(all, HttpStatusCode.UnprocessableEntity, "share");
        using var none = await PostAsync(control, "/api/v1/share", "{}");
        await ControlAttackTests.AssertProblemAsync(none, HttpStatusCode.UnprocessableEntity, "share");
    }

    [Theory]
    [InlineData("/api/v1/playhead")]
    [InlineData("/api/v1/share")]
    [InlineData("/api/v1/tcp/recording")]
    public async Task WithoutTokenOrHeader_NothingChanges(string path)
    {
        await using var control = await ControlHarness.StartAsync();
        using var simple = await PostAsync(control, path, """{"share":"seed"}""", header: false);
        Assert.Equal(HttpStatusCode.Forbidden, simple.StatusCode);
        control.Client.DefaultRequestHeaders.Authorization = null;
        using var nobody = await PostAsync(control, path, """{"share":"seed"}""");
        Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
        Assert.Null(control.Node.Shared);
        Assert.Empty(control.Node.Playheads);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("\u0089SWD\r\n\u001a\u0001")]
    public async Task Recording_ThatIsNone_IsAProblemThatSaysHowToMakeOne(string body)
    {
        await using var control = await ControlHarness.StartAsync();
        using var answer = await PostAsync(control, "/api/v1/tcp/recording", Encoding.Latin1.GetBytes(body), "application/octet-stream");
        await ControlAttackTests.AssertProblemAsync(answer, HttpStatusCode.UnprocessableEntity, "recording");
        Assert.Contains("diag record", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> PostAsync(ControlHarness control, string path, string json, bool header = true) =>
        PostAsync(control, path, Encoding.UTF8.GetBytes(json), "application/json", header);

    private static async Task<HttpResponseMessage> PostAsync(ControlHarness control, string path, byte[] body, string mediaType, bool header = true)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, control.Url + path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        if (header)
        {
            request.Headers.Add("X-Swarm", "1");
        }

        return await control.SendAsync(request);
    }
}
