using Terse.Aws.Settings;
using Terse.Harness;

namespace Terse.DeployTests;

/// <summary>Runs the scripts of the image in a copy of this machine (<see cref="ImageMachine"/>).</summary>
[Collection(Templates.Collection)]
public sealed class MachineImageTests : IDisposable
{
    private readonly ImageMachine _machine = new();

    [Fact]
    public async Task The_baked_image_passes_its_smoke_test()
    {
        var result = await _machine.RunAsync("/usr/local/lib/terse/smoke-test; cat /shared/calls");
        Assert.Contains("smoke test: passed", result.OutputLines);
        Assert.Contains("systemctl mask sshd.service sshd.socket", result.OutputLines);
    }

    [Theory]
    [InlineData("rm /usr/local/lib/terse/lifecycle", "/usr/local/lib/terse/lifecycle is missing")]
    [InlineData("mkdir -p ~root/.ssh; echo key >~root/.ssh/authorized_keys", "there are authorized keys")]
    [InlineData("printf '#!/bin/sh\\nexit 1\\n' >/usr/local/bin/terse", "the program is not ready")]
    [InlineData(
        "sed -i s/lifecycle$/gone/ /etc/systemd/system/terse-lifecycle.service", "systemd refuses a unit")]
    public async Task The_smoke_test_refuses_a_broken_image(string damage, string message)
    {
        var script = $"{damage}\n! /usr/local/lib/terse/smoke-test 2>&1";
        var result = await _machine.RunAsync("export SMOKE_TRIES=1\n" + script);
        Assert.Contains("smoke test: " + message, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_user_data_of_the_template_makes_a_server()
    {
        _machine.Add("user-data", UserData.Of(Templates.Of(FleetSizes.Medium)));
        var result = await _machine.RunAsync(
            """
            sh /shared/user-data
            cat /shared/calls /etc/terse/server.env
            stat -c '%a %U %G' /etc/terse/tls/key.pem
            openssl x509 -noout -subject -in /etc/terse/tls/certificate.pem
            cat /opt/aws/amazon-cloudwatch-agent/etc/*
            sh -c 'set -a; . /etc/terse/fleet.env; env' | grep ^TERSE__
            """);
        var lines = result.OutputLines;
        Assert.Contains("TERSE__Server__Name=i-0123456789abcdef0", lines);
        Assert.Contains("640 root terse", lines);
        Assert.Contains("subject=CN = i-0123456789abcdef0", lines);
        Assert.Contains(
            "systemctl enable --now --no-block terse.service terse-lifecycle.service", lines);
        Assert.Contains(
            "agent -a fetch-config -m ec2 -s -c "
            + "file:/opt/aws/amazon-cloudwatch-agent/etc/cloudwatch-agent.json",
            lines);
        Assert.Contains("TERSE__Urls=https://*:8443", lines);
        Assert.Contains("TERSE__Database__Authentication=RdsIam", lines);
        Assert.Equal(
            3, lines.Count(line => line.StartsWith("TERSE__Database__Hosts__", StringComparison.Ordinal)));
        Assert.Equal(
            3, lines.Count(line => line.StartsWith("TERSE__Proxies__Trusted__", StringComparison.Ordinal)));
        Assert.Contains(lines, line =>
            line.Contains("\"log_group_name\": \"/terse/metrics\"", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("installation: 'terse'", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("\"@", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_joins_when_it_is_ready_and_leaves_after_its_drain()
    {
        var result = await RunLifecycleAsync(
            """
            await grep -q 'start' /shared/calls
            echo '--- ready' >>/shared/calls
            printf Terminated >/shared/metadata/autoscaling/target-lifecycle-state
            wait "$lifecycle"
            cat /shared/calls
            """);
        const string Call = "aws autoscaling complete-lifecycle-action --lifecycle-action-result CONTINUE "
            + "--instance-id i-0123456789abcdef0 --auto-scaling-group-name terse-servers "
            + "--lifecycle-hook-name ";
        Assert.Equal(
            [
                "--- not ready yet", Call + "start", "--- ready",
                "systemctl stop terse.service", "the server has ended", Call + "stop",
            ],
            result.OutputLines[^6..]);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_reported()
    {
        var result = await RunLifecycleAsync(
            """
            await grep -q 'start' /shared/calls
            kill -KILL "$(cat /shared/server)"
            await grep -q 'set-instance-health' /shared/calls
            cat /shared/calls
            """);
        Assert.Contains(
            "aws autoscaling set-instance-health --instance-id i-0123456789abcdef0 --health-status Unhealthy",
            result.OutputLines);
    }

    [Theory]
    [InlineData(ConfigurationSource.S3, false, true)]
    [InlineData(ConfigurationSource.S3, true, false)]
    public async Task The_preparation_creates_the_user_and_the_first_document_only(
        object source, bool exists, bool isWritten)
    {
        var templates = Templates.Of(FleetSizes.Small, (ConfigurationSource)source);
        _machine.Add("user-data", UserData.Of(templates, "prepare"));
        var result = await _machine.RunAsync(
            (exists ? "touch /shared/document-exists\n" : "") + "sh /shared/user-data; cat /shared/calls");
        var lines = result.OutputLines;
        Assert.Contains(lines, line =>
            line.StartsWith("psql ", StringComparison.Ordinal)
            && line.EndsWith(
                "as administrator with it's a \"secret\", verify-full", StringComparison.Ordinal));
        Assert.Equal(
            isWritten, lines.Any(line => line.StartsWith("aws s3api put-object", StringComparison.Ordinal)));
        Assert.Contains(
            "aws cloudformation signal-resource --stack-name terse-service --logical-resource-id "
            + "PreparationMachine --unique-id i-0123456789abcdef0 --status SUCCESS",
            lines);
        Assert.Equal("systemctl poweroff", lines[^1]);
    }

    [Fact]
    public async Task A_preparation_that_fails_is_reported()
    {
        _machine.Add("user-data", UserData.Of(Templates.Of(FleetSizes.Small), "prepare"));
        var result = await _machine.RunAsync(
            "touch /shared/database-refuses\n! sh /shared/user-data; cat /shared/calls");
        Assert.EndsWith("--status FAILURE", result.OutputLines[^2], StringComparison.Ordinal);
        Assert.Equal("systemctl poweroff", result.OutputLines[^1]);
    }

    public void Dispose() => _machine.Dispose();

    /// <summary>Starts the script lifecycle, then the real server, and then runs a script.</summary>
    private Task<CommandResult> RunLifecycleAsync(string script)
    {
        _machine.Add("user-data", UserData.Of(Templates.Of(FleetSizes.Small)));
        return _machine.RunAsync(
            """
            sh /shared/user-data
            export LIFECYCLE_PAUSE=0.1 LIFECYCLE_SERVER=http://127.0.0.1:18443 LIFECYCLE_FAILURES_MAX=3
            /usr/local/lib/terse/lifecycle &
            lifecycle=$!
            await curl -s http://169.254.169.254/
            echo '--- not ready yet' >>/shared/calls
            env -u TERSE__Database__Hosts__0 TERSE__Drain__Delay=00:00:01 \
                terse serve --urls http://127.0.0.1:18443 --data /tmp/data >/tmp/log 2>&1 &
            echo $! >/shared/server
            """ + "\n" + script);
    }
}
