namespace Swarm.Diagnostics.Tcp.Tests;

/// <summary>What managers of containers call the control group of a process, and what is shown of it.</summary>
public sealed class CgroupTextTests
{
    private const string Id = "3f2a1b4c5d6e7f8090a1b2c3d4e5f60718293a4b5c6d7e8f9012a3b4c5d6e7f8";

    [Theory]
    [InlineData("0::/system.slice/docker-" + Id + ".scope", "docker 3f2a1b4c5d6e")]
    [InlineData("0::/docker/" + Id, "docker 3f2a1b4c5d6e")]
    [InlineData("0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + Id + ".scope/container", "podman 3f2a1b4c5d6e")]
    [InlineData("0::/machine.slice/libpod-" + Id + ".scope", "podman 3f2a1b4c5d6e")]
    [InlineData("0::/system.slice/nerdctl-" + Id + ".scope", "containerd 3f2a1b4c5d6e")]
    [InlineData("0::/default/" + Id, "container 3f2a1b4c5d6e")]
    [InlineData("0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b2c3d_1111_2222_3333_444455556666.slice/cri-containerd-" + Id + ".scope", "k8s pod 0a1b2c3d, containerd 3f2a1b4c5d6e")]
    [InlineData("0::/kubepods/besteffort/pod0a1b2c3d-1111-2222-3333-444455556666/" + Id, "k8s pod 0a1b2c3d, container 3f2a1b4c5d6e")]
    [InlineData("0::/kubepods.slice/kubepods-pod0a1b2c3d_1111_2222_3333_444455556666.slice/crio-" + Id + ".scope", "k8s pod 0a1b2c3d, cri-o 3f2a1b4c5d6e")]
    [InlineData("0::/lxc.payload.mail/system.slice/postfix.service", "lxc mail")]
    [InlineData("0::/machine.slice/machine-build\\x2dbox.scope", "machine build-box")]
    [InlineData("0::/system.slice/nginx.service", "nginx.service")]
    [InlineData("0::/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service")]
    [InlineData("0::/user.slice/user-0.slice/session-3.scope", "session-3.scope")]
    [InlineData("12:pids:/docker/" + Id + "\n1:name=systemd:/docker/" + Id + "\n0::/\n", "docker 3f2a1b4c5d6e")]
    public void Path_IsNamedByItsManager(string text, string name) => Assert.Equal(name, CgroupText.NameIn(text));

    [Theory]
    [InlineData("")]
    [InlineData("0::/\n")]
    [InlineData("0::/init.scope/", "init.scope")]
    [InlineData("nonsense")]
    [InlineData("0::/docker/short")]
    [InlineData("0::/docker-.scope", "docker-.scope")]
    [InlineData("0::/podcast/pod/x")]
    public void PathOfNoContainer_IsNotGivenOne(string text, string? name = null) => Assert.Equal(name, CgroupText.NameIn(text));

    [Fact]
    public void AnyText_IsReadWithoutFault()
    {
        var random = new Random(4);
        const string letters = "0::/docker-libpodx2.scope\\\n é\0";
        for (var i = 0; i < 20_000; i++)
        {
            CgroupText.NameIn(string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => letters[random.Next(letters.Length)])));
        }
    }
}
