using Swarm.Proxy.Interception;

namespace Swarm.Proxy.Tests.Interception;

/// <summary>How the authority lies on the disk.</summary>
public sealed class AuthorityFolderTests : IDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("swarm-ca-").FullName;

    private AuthorityFolder Folder => new(_state);

    public void Dispose() => Directory.Delete(_state, recursive: true);

    private LocalAuthority Write()
    {
        Assert.True(InterceptedHosts.TryParse(["a.example"], out var hosts, out _));
        var authority = LocalAuthority.Create(hosts, DateTimeOffset.UtcNow);
        Folder.Write(authority);
        return authority;
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Write_KeyIsForThisUserAlone()
    {
        using var authority = Write();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Folder.SecretFile));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Folder.Folder));
        Assert.DoesNotContain("PRIVATE", File.ReadAllText(Folder.CertificateFile), StringComparison.Ordinal);
        Assert.Equal(authority.Fingerprint, Folder.Read().Authority!.Fingerprint);
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Read_KeyThatOthersMayRead_IsNotUsed()
    {
        using var authority = Write();
        File.SetUnixFileMode(Folder.SecretFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        var (read, problem) = Folder.Read();

        Assert.Null(read);
        Assert.Contains("other users can read", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NothingThere_IsNeitherAuthorityNorProblem() => Assert.Equal((null, null), Folder.Read());

    [Fact]
    public void Remove_LeavesNoKey()
    {
        using var authority = Write();
        Folder.Remove();

        Assert.False(Folder.Exists);
        Assert.Empty(Directory.GetFiles(Folder.Folder));
    }
}
