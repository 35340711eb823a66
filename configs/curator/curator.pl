#!/usr/bin/perl
# Keeps Loki within its part of the disk, which Loki itself cannot. Each minute it adds up what Loki's
# files take. Where all lines of `loki.retention` have no room, it writes a shorter retention into the
# file of limits that Loki reads every ten seconds; Loki's compactor then deletes the oldest.
# Until they are gone may take half an hour, so that it begins before the part is full. Prometheus
# scrapes what it sees. (Perl, as in Promtail's image: Loki's has no shell, and Perl no packages here.)
#
# Arguments: Loki's folder, its part in bytes, `loki.retention` in seconds, the port to listen on.
use strict;
use warnings;
no warnings 'portable';    # Chunks have their times in more than 32 bits.
use IO::Select;
use IO::Socket::INET;

my ($loki, $part, $longest, $port) = @ARGV;
my $SHORTEST = 3_600;
my $STEP = 600;    # of the retention, so that Loki does not get new limits each minute
my $GRACE = 45 * 60;    # runs of the compactor, its delay before it deletes, and some more
$| = 1;

# Calls back with the path of each file and folder, its bytes on the disk, and when it was written.
sub files {
    my ($folder, $each) = @_;
    opendir my $handle, $folder or return;
    for my $name (grep { !/^\.\.?$/ } readdir $handle) {
        my $path = "$folder/$name";
        # Gone since: Loki works meanwhile.
        my ($changed, $blocks) = (lstat $path)[9, 12] or next;
        my $is_folder = -d _;
        $each->($path, 512 * $blocks, $changed);
        files($path, $each) if $is_folder;
    }
}

# When the last line of a chunk was printed: its name is from:through:checksum in hexadecimal, as
# Base64, of which uuencoding has other characters and a length in front.
sub through {
    my ($path) = @_;
    my ($name) = $path =~ m{^\Q$loki\E/chunks/fake/.+/([A-Za-z0-9+/]+)=*$} or return;
    $name =~ tr{A-Za-z0-9+/}{ -_};
    my $text = unpack 'u', chr(32 + int(length($name) * 3 / 4)) . $name;
    return $text =~ /^[0-9a-f]+:([0-9a-f]+):/ ? hex($1) / 1_000 : undef;
}

# What all files take, and how far back the lines go that have room.
sub look {
    my ($now, $used, $others, $recent, $log, %chunks) = (time, 0, 0, 0, 0);
    files($loki, sub {
        my ($path, $bytes, $changed) = @_;
        $used += $bytes;
        if ($path =~ m{^\Q$loki\E/wal\b}) { $log += $bytes; return }
        my $through = through($path);
        if (!defined $through) { $others += $bytes; return }
        $chunks{int($through / $STEP)} += $bytes;
        $recent += $bytes if $now - $changed < $GRACE;
    });
    # As much again will come before anything is deleted. The first start brings old lines at once.
    my $reserve = $recent < $part / 10 ? $part / 10 : $recent > $part / 4 ? $part / 4 : $recent;
    # It has room for the write-ahead log too, which grows and shrinks within minutes.
    $reserve = $log if $log > $reserve;
    my ($kept, $retention) = ($others + $reserve, $longest);
    for my $step (sort { $b <=> $a } keys %chunks) {
        $kept += $chunks{$step};
        if ($kept > $part) { $retention = $STEP * (int($now / $STEP) - $step - 1); last }
    }
    $retention = $SHORTEST if $retention < $SHORTEST;
    $retention = $longest if $retention > $longest;
    return ($used, $retention);
}

sub content {
    my ($path) = @_;
    open my $file, '<', $path or return '';
    local $/;
    return readline($file) // '';
}

sub limit {
    my ($retention) = @_;
    my ($path, $text) = ("$loki/limits.yml", "overrides: {fake: {retention_period: ${retention}s}}\n");
    return if content($path) eq $text;
    # On a full disk it has no room either, and tries again in a minute.
    open my $file, '>', "$path.part" or return warn "curator: $path: $!\n";
    print {$file} $text and close $file and rename "$path.part", $path
        or return warn "curator: $path: $!\n";
    print "curator: Loki keeps lines for ${retention}s\n";
}

sub metrics {
    my ($used, $retention) = @_;
    my %values = (
        curator_disk_bytes => $used,
        curator_disk_limit_bytes => $part,
        curator_retention_seconds => $retention,
        curator_retention_limit_seconds => $longest,
        process_start_time_seconds => $^T,
    );
    return join '', map { "# TYPE $_ gauge\n$_ $values{$_}\n" } sort keys %values;
}

my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 16, ReuseAddr => 1)
    or die "curator: port $port: $!\n";
my $waiting = IO::Select->new($server);
# The first process of a container ends at a signal only where it says so.
$SIG{TERM} = $SIG{INT} = sub { exit 0 };
$SIG{PIPE} = 'IGNORE';
while (1) {
    my @seen = look();
    limit($seen[1]);
    my $text = metrics(@seen);
    my $until = time + 60;
    while ((my $left = $until - time) > 0) {
        $waiting->can_read($left) or next;
        my $client = $server->accept or next;
        # Whatever it asks; who says nothing does not keep the others waiting.
        sysread $client, my $request, 65_536 if IO::Select->new($client)->can_read(1);
        print {$client} "HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n",
            'Content-Length: ', length $text, "\r\n\r\n$text";
    }
}
